import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { volumePolicyOf } from "../../../src/core/install/volumePolicy.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { refusalOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { aPool } from "../support/pools.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
let installation: Installation;
const added = (volume: object) => ({ template: { volumes: [{ name: "x", ...volume }] } });
const create = (name: string, volume: object) =>
  installation.admin.store.create("BuilderPool", aPool(name, added(volume)));
const host = { hostPath: { path: "/" } };

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("volumes");
  await installation.admin.store.create("BuilderPool", aPool("older", added(host)));
  const policy = volumePolicyOf({ name: "volumes", namespace: "volumes", allowed: "'nfs'," });
  const text = policy.map((object) => stringify(object)).join("---\n");
  await kubectl(cluster.plane.kubeconfig, ["apply", "-f", "-"], text);
  await until("the policy to count", async () => (await refusalOf(() => create("probe", host))) !== undefined);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("the volumes of a pool", () => {
  it.each([
    ["an emptyDir", { emptyDir: { medium: "Memory" } }],
    ["no kind", {}],
    ["a configMap", { configMap: { name: "c" } }],
    ["projected configMaps", { projected: { sources: [{ configMap: { name: "c" } }, { downwardAPI: {} }] } }],
    ["a kind of the chart value", { nfs: { server: "s", path: "/" } }],
  ])("may be %s", async (_, volume) => {
    await create(`may-${Object.keys(volume).join("").toLowerCase() || "none"}`, volume);
  });

  it.each([
    ["a hostPath", host],
    ["a Secret", { secret: { secretName: "s" } }],
    ["a claim", { persistentVolumeClaim: { claimName: "c" } }],
    ["a CSI volume", { csi: { driver: "d" } }],
    ["a projected Secret", { projected: { sources: [{ configMap: { name: "c" } }, { secret: { name: "s" } }] } }],
    ["a token", { projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
    ["a free kind beside another one", { emptyDir: {}, ...host }],
  ])("may not be %s", async (_, volume) => {
    expect(await refusalOf(() => create("no", volume))).toContain("spec.template.volumes has a kind");
  });

  it("stay as they are in an older pool, which can be changed and deleted", async () => {
    const { store } = installation.admin;
    const older = await store.get("BuilderPool", "older");
    if (older === undefined) throw new Error("no pool");
    const changed = await store.update("BuilderPool", { ...older, spec: { ...older.spec, instances: 0 } });
    expect(
      await refusalOf(() =>
        store.update("BuilderPool", {
          ...changed,
          spec: { ...changed.spec, ...added({ secret: { secretName: "s" } }) },
        }),
      ),
    ).toContain("spec.template.volumes has a kind");
  });
});

describe("an address in a pool", () => {
  const valid = aPool("addressed");
  /** Only the API server checks `spec`. */
  const answer = (spec: object) =>
    installation.admin.store.create("BuilderPool", { ...valid, spec: { ...valid.spec, ...spec } }).then(
      () => "created",
      (error: Error) => error.message,
    );
  const gitUrl = "https://x:ghp_secret@github.com";

  it.each([
    ["gitUrl", { github: { gitUrl } }],
    ["apiUrl", { github: { apiUrl: "http://api.github.com" } }],
    ["remoteStore", { remoteStore: "https://u:p@s3.cern.ch" }],
    ["remoteStore", { checks: [{ name: "a", remoteStore: "http://s3.cern.ch" }] }],
    ["endpoint", { logs: { s3: { endpoint: "ftp://s3", bucket: "logs", secretRef: { name: "s3" } } } }],
    ["url", { logs: { url: "http://logs.example.org" } }],
  ])("is refused with a sentence about %s", async (field, spec) => {
    expect(await answer(spec)).toMatch(
      new RegExp(`${field}.*with https, or http on this machine, inside the cluster or in a private zone`),
    );
  });

  it("may be one of every allowed form", async () => {
    const logs = {
      url: "https://logs",
      s3: { endpoint: "http://s3.ci.svc", bucket: "logs", secretRef: { name: "s3" } },
    };
    const github = { apiUrl: "http://10.0.0.1:80/api/v3", gitUrl: "https://ghe.example.org" };
    const checks = [{ name: "a", remoteStore: "b3://store::rw" }, { name: "b" }];
    expect(await answer({ remoteStore: "ali@repo:/store", logs, github, checks })).toBe("created");
  });
});
