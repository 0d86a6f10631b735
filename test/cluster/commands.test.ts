import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitLabel } from "../../src/api/objects/group.ts";
import { labelCommit } from "../../src/core/build/identity.ts";
import { awaitedStatusOf } from "../../src/core/host/presentStatus.ts";
import { revisionOf } from "../../src/core/pool/rollout/revision.ts";
import { parsePools } from "../../src/local/pools/poolFiles.ts";
import type { KubernetesClient } from "../../src/store/kubernetes/client.ts";
import { createKubernetesStore } from "../../src/store/kubernetes/kubernetes.ts";
import type { ObjectStore } from "../../src/store/objectStore.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { kubernetes } from "../support/cluster/programs/kubernetes.ts";
import { installDefinitions, newNamespace } from "../support/kubernetes/namespaces.ts";
import { aBuild } from "../support/objects/build.ts";
import { aBuilder } from "../support/objects/builder.ts";

const project = resolve(import.meta.dirname, "../..");
const file = join(project, "examples/o2-slc9.yaml");
const program = "builderpool-builder:1";

let plane: ControlPlane;
let client: KubernetesClient & { close(): Promise<void> };
let store: ObjectStore;
let folder: string;

async function builderpool(...args: string[]) {
  const where = ["--kubeconfig", plane.kubeconfig, "--namespace", client.namespace];
  return await run(join(project, "bin/builderpool"), [...args, ...where]);
}

async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, exitCode } = await execa(command, args, {
    extendEnv: false,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
    reject: false,
  });
  return { stdout, stderr, exitCode };
}

/** An example pool with two warm builders and one open pull request, as written by operator and builders. */
async function aRunningPool(): Promise<void> {
  const [pool] = parsePools(await readFile(file, "utf8"), file).pools;
  if (pool === undefined) throw new Error("the example holds no pool");
  const revision = revisionOf(pool.spec, program);
  const made = await store.create("BuilderPool", { ...pool, spec: { ...pool.spec, instances: 2 } });
  const listedAt = "2026-01-05T12:00:00Z";
  const listings = [{ repository: "AliceO2Group/AliceO2", branch: "dev", stale: false, listedAt }];
  await store.updateStatus("BuilderPool", { ...made, status: { revision, listings, ready: 2 } });
  for (const workerIndex of [0, 1]) {
    const name = `o2-slc9-${workerIndex}`;
    const warm = { incarnation: `${name}-1`, revision, at: listedAt };
    const status = { phase: "Ready", incarnation: `${name}-1`, revision, podUid: `uid-${name}`, warm } as const;
    const builder = aBuilder(name, status, { pool: "o2-slc9" });
    const created = await store.create("Builder", { ...builder, metadata: { name } });
    await store.updateStatus("Builder", { ...created, status });
  }
  const build = aBuild({ pool: "o2-slc9", check: "build/O2/o2_slc9", repository: "AliceO2Group/AliceO2", number: 7 });
  await store.create("Build", labelCommit({ ...build, metadata: { name: "o2-slc9-7" } }));
  const labels = { app: "o2" };
  await client.create(
    { apiVersion: "apps/v1", kind: "StatefulSet", plural: "statefulsets" },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "o2-slc9" },
      spec: {
        serviceName: "o2-slc9",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "builder", image: program }] } },
      },
    },
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "commands-"));
  plane = await startControlPlane();
  await installDefinitions(plane.kubeconfig);
  client = await newNamespace(plane.kubeconfig);
  store = createKubernetesStore({ client, clock: systemClock, log: createLog({ level: "silent" }) });
  await aRunningPool();
}, 1_800_000);
afterAll(async () => {
  await client?.close();
  await plane?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the command, against a cluster", () => {
  it("shows pools, builders and builds", async () => {
    expect((await builderpool("get", "pools")).stdout).toMatch(/^NAME +.*\no2-slc9 +2 +\? +2 /);
    expect((await builderpool("get", "builders")).stdout).toMatch(/o2-slc9-0 .*Ready[\s\S]*o2-slc9-1 .*Ready/);
    const { items } = JSON.parse((await builderpool("get", "builds", "-o", "json")).stdout);
    expect(items).toMatchObject([{ metadata: { name: "o2-slc9-7" }, spec: { number: 7 } }]);
  });

  it("shows the phase and the short commit of a new build in kubectl, and takes both as selectors", async () => {
    const kubectl = async (...args: string[]) =>
      (await run(await kubernetes(), ["kubectl", "--kubeconfig", plane.kubeconfig, "-n", client.namespace, ...args]))
        .stdout;
    const [heading = "", row = ""] = (await kubectl("get", "builds")).split("\n");
    const cell = (name: string) => row.slice(heading.indexOf(name)).split(/\s/)[0];

    expect([cell("COMMIT"), cell("PHASE")]).toEqual(["00000000", "Queued"]);
    expect(await kubectl("get", "bld", "-l", `${commitLabel}=00000000`, "-o", "name")).toMatch(/o2-slc9-7$/);
    expect(await kubectl("get", "bld", "--field-selector", "status.phase=Queued", "-o", "name")).toMatch(/o2-slc9-7$/);
  });

  it("explains a pull request", async () => {
    const { stdout, exitCode } = await builderpool("explain", "AliceO2Group/AliceO2#7");
    expect(stdout).toMatch(/^build\/O2\/o2_slc9: /);
    expect(exitCode).toBe(0);
  });

  it("works as a kubectl plugin, in the namespace of the context", async () => {
    const config = JSON.parse(await readFile(plane.kubeconfig, "utf8"));
    config.contexts[0].context.namespace = client.namespace;
    const own = join(folder, "config");
    await writeFile(own, JSON.stringify(config));
    const kubectl = await kubernetes();
    const env = { KUBECONFIG: own, PATH: `${join(project, "bin")}${delimiter}${process.env["PATH"]}` };
    const { stdout, stderr } = await run(kubectl, ["kubectl", "builderpool", "get", "builders"], env);
    expect(stdout, stderr).toContain("o2-slc9-1");
  });

  it("plans with the builders' image, and writes nothing", async () => {
    const before = await store.get("BuilderPool", "o2-slc9");
    const same = join(folder, "same.yaml");
    const text = (await readFile(file, "utf8")).replace("instances: 8", "instances: 2");
    await writeFile(same, text);
    expect((await builderpool("plan", "-f", same)).stdout).toBe(
      "o2-slc9: the file matches the running pool\n  nothing to do",
    );
    await writeFile(same, text.replace("slc9-builder:latest", "slc9-builder:next"));
    const { stdout } = await builderpool("plan", "-f", same);
    expect(stdout).toMatch(
      /^o2-slc9: image from "alisw\/slc9-builder:latest" to "alisw\/slc9-builder:next"\n {2}1\. "o2-slc9-1"/,
    );
    await writeFile(same, text.replace(/ +image: .*\n/, ""));
    expect((await builderpool("plan", "-f", same)).stdout).toContain("spec.image is missing");
    expect((await builderpool("plan", "-f", join(project, "examples/dataflow.yaml"))).stdout).toMatch(
      /^dataflow: will be created with 4 builders; they warm up and join\n {2}1\. /,
    );
    expect(await store.get("BuilderPool", "o2-slc9")).toEqual(before);
  });

  it("scales a pool", async () => {
    const { stdout } = await builderpool("scale", "o2-slc9", "3");
    expect(stdout).toBe("o2-slc9 scales from 2 to 3; watch: builderpool get builders");
    expect((await store.get("BuilderPool", "o2-slc9"))?.spec.instances).toBe(3);
  });

  it("requests a restart and a drain, and cancels the drain", async () => {
    const annotations = async (name: string) => (await store.get("Builder", name))?.metadata.annotations ?? {};
    await builderpool("restart", "o2-slc9-1");
    expect(Object.values(await annotations("o2-slc9-1"))).toEqual(["o2-slc9-1-1"]);
    await builderpool("drain", "o2-slc9-0");
    expect(Object.values(await annotations("o2-slc9-0"))).toEqual(["true"]);
    await builderpool("drain", "o2-slc9-0", "--undo");
    expect(await annotations("o2-slc9-0")).toEqual({});
  });

  it("reports that a builder without a process cannot be restarted, and where to look", async () => {
    const { status: _, ...young } = aBuilder("o2-slc9-9", {}, { pool: "o2-slc9" });
    await store.create("Builder", { ...young, metadata: { name: "o2-slc9-9" } });
    const restarted = await builderpool("restart", "o2-slc9-9");
    await store.delete("Builder", "o2-slc9-9");
    expect(restarted).toMatchObject({
      stderr:
        "builderpool: o2-slc9-9 has not reported a status yet, so there is no process to restart; see: kubectl describe pod o2-slc9-9",
      exitCode: 1,
    });
  });

  it("says what to type before a host can be restarted that has not joined", async () => {
    const { status: _, ...host } = aBuilder("mac-x", {}, { pool: "o2-slc9", external: true });
    const created = await store.create("Builder", { ...host, metadata: { name: "mac-x" } });
    const status = awaitedStatusOf('"mac-x" has not joined: builderpool join mac-x');
    await store.updateStatus("Builder", { ...created, status });
    const restarted = await builderpool("restart", "mac-x");
    await store.delete("Builder", "mac-x");
    expect(restarted).toMatchObject({
      stderr: expect.stringMatching(/no process to restart; .*builderpool join mac-x/),
    });
  });

  it("names the existing objects when an object is missing", async () => {
    expect(await builderpool("scale", "o3", "3")).toMatchObject({
      stderr: "builderpool: there is no pool o3; there is: o2-slc9",
      exitCode: 2,
    });
    expect(await builderpool("get", "builders", "o2-slc9-0", "o2-slc9-7")).toMatchObject({
      stderr: "builderpool: there is no builder o2-slc9-7; there are: o2-slc9-0, o2-slc9-1",
      exitCode: 2,
    });
  });

  it("names the invalid file or server", async () => {
    const missing = await run(join(project, "bin/builderpool"), ["get", "pools", "--kubeconfig", "/nowhere"]);
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("kubeconfig /nowhere cannot be read"),
    });
    const context = await builderpool("get", "pools", "--context", "other");
    expect(context).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('for the context "other"') });
    const gone = join(folder, "gone");
    await writeFile(gone, (await readFile(plane.kubeconfig, "utf8")).replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    const down = await run(join(project, "bin/builderpool"), ["get", "pools", "--kubeconfig", gone]);
    expect(down).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("the API server did not answer") });
  });
});
