import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { secrets } from "../../../src/operator/cluster/resources.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { aBuilderPod, inHands, isRefused, statusOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { pods } from "../support/players.ts";
import { aPool } from "../support/pools.ts";
import { until } from "../support/until.ts";

const policies = "validatingadmissionpolicies";

interface PolicyStatus {
  readonly observedGeneration?: number;
  readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] };
}

let cluster: TestCluster;
let installation: Installation;
let me: Awaited<ReturnType<typeof aBuilderPod>>;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("admission");
  me = await aBuilderPod(installation);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("the policies", () => {
  it("pass the API server's type check", async () => {
    const statuses = await until("the API server to have read them", async () => {
      const found = JSON.parse(await kubectl(installation.admin.kubeconfig, ["get", policies, "-o", "json"]));
      const { items } = found as { readonly items: readonly { readonly status?: PolicyStatus }[] };
      const read = items.flatMap(({ status }) => (status?.observedGeneration === undefined ? [] : [status]));
      return read.length === 3 && read;
    });
    expect(statuses.flatMap(({ typeChecking }) => typeChecking?.expressionWarnings ?? [])).toEqual([]);
  });
});

describe("a builder may", () => {
  it("write its own status, and create and renew its own Lease", async () => {
    const self = await builder("o2-0");
    await me.store.updateStatus("Builder", { ...self, status: { ...statusOf(self), message: "Here I am" } });
    const created = await me.store.create("Lease", aLease("o2-0"));
    await me.store.update("Lease", { ...created, spec: { holderIdentity: "another" } });
  });
});

describe("a builder may not", () => {
  const cheats: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      "write the status of another",
      async () => {
        const other = await builder("o2-1");
        return me.store.updateStatus("Builder", { ...other, status: { ...statusOf(other), phase: "Quarantined" } });
      },
    ],
    [
      "write a status with another pod",
      async () => {
        const self = await builder("o2-0");
        return me.store.updateStatus("Builder", {
          ...self,
          status: { ...statusOf(self), podUid: me.uids.get("o2-1") },
        });
      },
    ],
    [
      "block the deletion of its Lease with a finalizer",
      async () => {
        const lease = (await me.store.get("Lease", "o2-0")) ?? (await me.store.create("Lease", aLease("o2-0")));
        return me.store.update("Lease", {
          ...lease,
          metadata: { ...lease.metadata, finalizers: ["example.org/stay"] },
        });
      },
    ],
    ["create a heartbeat for another", () => me.store.create("Lease", aLease("o2-1"))],
    ["contend for the operator's Lease", () => me.store.create("Lease", aLease("builderpool"))],
    [
      "write its own spec",
      async () => {
        const self = await builder("o2-0");
        return me.store.update("Builder", { ...self, spec: { ...self.spec, desired: "Drain" } });
      },
    ],
    ["change a pool", () => me.store.apply("BuilderPool", aPool("o2", { instances: 1 }))],
    ["delete a pool", () => me.store.delete("BuilderPool", "o2")],
    ["read Secrets", () => me.client.list(secrets)],
    ["delete pods", () => me.client.delete(pods, "o2-1")],
  ];

  it.each(cheats)("%s", async (_what, cheat) => {
    expect(await isRefused(cheat)).toBe(true);
  });

  it("do anything with a token that is not bound to a pod", async () => {
    const stray = await installation.as("o2-builder");
    const build = await me.waiting();
    const status = inHands(build, "o2-0", "Claimed");
    expect(await isRefused(() => stray.store.updateStatus("Build", { ...build, status }))).toBe(true);
    expect(await isRefused(() => stray.store.create("Lease", aLease("o2-7")))).toBe(true);
  });
});

function aLease(name: string) {
  const metadata = { name };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: "me" } } as const;
}

async function builder(name: string): Promise<Stored<"Builder">> {
  const found = await me.store.get("Builder", name);
  if (found === undefined) throw new Error(`no Builder ${name}`);
  return found;
}
