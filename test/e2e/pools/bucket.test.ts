import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessKeyId, type S3Server, secretAccessKey, startS3Server } from "../../support/cluster/programs/s3Server.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";
import { check, greeting, hello } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const bucket = "alice-build-logs";

describe("a pool with logs in a bucket", () => {
  const { hostAddress } = anE2ECluster();
  const scenario = aScenario("bucket");
  let folder: string;
  let server: S3Server;

  const start = (port?: number) =>
    startS3Server(folder, bucket, {
      ...(hostAddress !== undefined && { host: hostAddress }),
      ...(port !== undefined && { port }),
    });
  const pageOf = (commit: string) => {
    const status = scenario
      .github()
      .state.statuses(hello, commit)
      .find(({ context, state }) => context === check && state === "success");
    return status?.targetUrl ?? "";
  };
  const stored = async (commit: string) => {
    const builds = await scenario.list<"Build">("builds");
    return builds.find(({ status }) => status?.verdict?.commit === commit)?.status?.verdict?.log?.stored;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bucket-"));
    server = await start();
  }, 1_800_000);
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it("stores page and log at the link on GitHub", async () => {
    const metadata = { name: "bucket-keys", ...consentTo("bucket") };
    await scenario.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { accessKeyId, secretAccessKey } });
    const { endpoint } = server;
    await scenario.declare({ logs: { s3: { endpoint, bucket, prefix: "ci", secretRef: { name: metadata.name } } } });
    await scenario.ready(1);
    const { commit } = await scenario.propose("Kept", greeting("Hello, bucket"));
    await scenario.shows(commit, "success");
    const page = pageOf(commit);
    expect(page).toMatch(new RegExp(`^${endpoint}/${bucket}/ci/${hello}/`));
    const read = async (url: string) => (await server.request("GET", url.slice(endpoint.length + 1))).text();
    await waitFor("the log in the bucket", () => stored(commit));
    expect(await read(page)).toContain("The build succeeded");
    expect(await read(page.replace("pretty.html", "fullLog.txt"))).toContain(`Built commit ${commit}`);
  });

  it("gives verdicts while the bucket is down, and publishes log and status after its return", async () => {
    await server[Symbol.asyncDispose]();
    const { commit } = await scenario.propose("Away", greeting("Hello, void"));
    await waitFor("the verdict without a log", async () => (await stored(commit)) === false);
    server = await start(Number(new URL(server.endpoint).port));
    await waitFor("the log in the bucket", () => stored(commit));
    await scenario.shows(commit, "success");
    const page = await server.request("GET", pageOf(commit).slice(server.endpoint.length + 1));
    expect(await page.text()).toContain("The build succeeded");
  });

  it("claims, builds and reports nothing twice", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
