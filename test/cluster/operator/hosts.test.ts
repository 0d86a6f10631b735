import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuilderPool } from "../../../src/api/objects/pool.ts";
import { ownedResources } from "../../../src/operator/cluster/resources.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { aPool, condition } from "../support/pools.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const pools = { apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "BuilderPool", plural: "builderpools" };

/** A pool of hosts without any field that pods need. */
function ofHosts(name: string, names: readonly string[]): BuilderPool {
  const { spec, ...pool } = aPool(name);
  const { image: _, architecture: __, ...rest } = spec;
  return {
    ...pool,
    spec: { ...rest, instances: 0, external: { names: [...names] }, checks: [{ name: `build/${name}` }] },
  };
}

async function ownedBy({ admin }: Installation, pool: string): Promise<readonly string[]> {
  const label = { labelSelector: `ci.alice.cern.ch/pool=${pool}` };
  const lists = await Promise.all(ownedResources.map((resource) => admin.client.list(resource, label)));
  return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
}

const hostsOf = async ({ admin }: Installation, pool: string) =>
  (await admin.store.list("Builder")).filter(({ spec }) => spec.pool === pool).map(({ metadata }) => metadata.name);

describe("a pool of hosts on a real API server", () => {
  it("has a Builder for each name and no object of pods, and lives beside a pool with the same host", async () => {
    const installation = await cluster.install("hosts");
    await using _operator = runOperator(installation);
    await installation.admin.store.create("BuilderPool", ofHosts("macs", ["mac-a", "mac-b"]));
    const line = await condition(installation, "macs", "Available", /^False NotEnoughReady: 0 of 2 builders/);
    expect(line).toContain(`"mac-a" has not joined (builderpool join mac-a -n ${installation.namespace})`);
    expect(await hostsOf(installation, "macs")).toEqual(["mac-a", "mac-b"]);
    const owned = await ownedBy(installation, "macs");
    expect(owned.filter((one) => /^(StatefulSet|Service|NetworkPolicy|PodDisruptionBudget) /.test(one))).toEqual([]);

    await installation.admin.store.create("BuilderPool", ofHosts("others", ["mac-b", "mac-c"]));
    await condition(installation, "others", "Conflict", /^True HostTaken: the host "mac-b" belongs to the pool "macs"/);
    expect(await hostsOf(installation, "others")).toEqual(["mac-c"]);

    const macs = await installation.admin.store.get("BuilderPool", "macs");
    if (macs === undefined) throw new Error("no pool macs");
    await installation.admin.store.update("BuilderPool", {
      ...macs,
      spec: { ...macs.spec, external: { names: ["mac-a"] } },
    });
    await until("the other pool to get the host", async () =>
      (await hostsOf(installation, "others")).includes("mac-b") ? true : undefined,
    );
    await condition(installation, "others", "Conflict", /^False/);
  });

  let installed: ReturnType<TestCluster["install"]>;
  beforeAll(() => {
    installed = cluster.install("grammar-of-hosts");
  });

  it.each([
    ["a name of a pod", { external: { names: ["mac-1"] } }, /names has a name that no host can have/],
    ["the name of the operator's Lease", { external: { names: ["builderpool"] } }, /and is not "builderpool"/],
    ["a name twice", { external: { names: ["mac", "mac"] } }, /names has a host twice/],
    ["a long name", { external: { names: ["m".repeat(51)] } }, /Too long|50/],
    ["instances without an image", { instances: 1 }, /image is missing/],
  ])("refuses %s with a sentence", async (_, spec, message) => {
    const { admin } = await installed;
    const pool = ofHosts("macs", ["mac-a"]);
    const wrong = { ...pool, spec: { ...pool.spec, ...spec } };
    await expect(admin.client.create(pools, wrong as never)).rejects.toThrow(message);
  });
});
