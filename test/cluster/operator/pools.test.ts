import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownedResources } from "../../../src/operator/cluster/resources.ts";
import type { Resource } from "../../../src/store/kubernetes/client.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { aGitHub, createSecret } from "../support/github.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders } from "../support/players.ts";
import { aPool, condition, podsOf, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

const claims: Resource = { apiVersion: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims" };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** All objects written by the operator, with their versions. */
async function versions({ admin }: Installation): Promise<readonly string[]> {
  const objects = await Promise.all([
    admin.store.list("BuilderPool"),
    admin.store.list("Builder"),
    ...ownedResources.map(async (resource) => (await admin.client.list(resource)).items),
  ]);
  return objects.flat().map(({ metadata }) => `${metadata.uid} ${metadata.name} ${metadata.resourceVersion}`);
}

const names = async (installation: Installation) => [...(await podsOf(installation, "o2")).keys()];

describe("a pool in a cluster", () => {
  it("gets its owned objects and builder pods with only the operator's rights", async () => {
    const installation = await cluster.install("whole");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    expect(await names(installation)).toEqual(["o2-0", "o2-1"]);
    for (const resource of ownedResources) {
      const { items } = await admin.client.list(resource, { labelSelector: "ci.alice.cern.ch/pool=o2" });
      expect(items, resource.kind).toHaveLength(1);
    }
  });

  it("names the reason why its pods do not start: no node", async () => {
    const installation = await cluster.install("nowhere");
    await using _operator = runOperator(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await condition(
      installation,
      "o2",
      "Available",
      /^False NotEnoughReady: 0 of 2 .*; "o2-0" does not start: no node accepts it, and 1 more do not/,
    );
  });

  it("scales by `kubectl scale` without changes to other builders, and keeps the claims of removed builders", async () => {
    const installation = await cluster.install("scaled");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin, namespace } = installation;
    const scale = (replicas: number) =>
      kubectl(admin.kubeconfig, ["-n", namespace, "scale", "builderpool/o2", `--replicas=${replicas}`]);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    const before = await podsOf(installation, "o2");
    await scale(4);
    await settled(installation, "o2", 4);
    expect(await names(installation)).toEqual(["o2-0", "o2-1", "o2-2", "o2-3"]);
    await scale(2);
    await settled(installation, "o2", 2);
    expect(await podsOf(installation, "o2")).toEqual(before);
    await until("only the Builders of the pods that are there", async () => {
      const builders = (await admin.store.list("Builder")).map(({ metadata }) => metadata.name).sort();
      return builders.join() === "o2-0,o2-1";
    });
    expect((await admin.client.list(claims)).items).toHaveLength(4);
  });

  it("receives no writes at rest", async () => {
    const installation = await cluster.install("resting");
    await using github = await aGitHub();
    await using operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await createSecret(installation, "github", { token: github.token }, github.consent);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2, github: github.of("github") }));
    await settled(installation, "o2", 2);
    await condition(installation, "o2", "GitHubReachable", /^True/);
    await until("the last news", async () => {
      const count = operator.writes.length;
      await sleep(3_000);
      return operator.writes.length === count;
    });
    const [before, count] = [await versions(installation), operator.writes.length];
    await sleep(35_000); // each pool is reconciled every 15 s
    expect(operator.writes.slice(count)).toEqual([]);
    expect(await versions(installation)).toEqual(before);
  });

  it("gets a new builder after the delete of a pod", async () => {
    const installation = await cluster.install("deleted");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin, namespace } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    const before = await podsOf(installation, "o2");
    await kubectl(admin.kubeconfig, ["-n", namespace, "delete", "pod", "o2-1"]);
    await until("another o2-1 that is ready", async () => {
      const uid = (await podsOf(installation, "o2")).get("o2-1");
      const { status } = (await admin.store.get("Builder", "o2-1")) ?? {};
      return uid !== undefined && uid !== before.get("o2-1") && status?.podUid === uid && status.phase === "Ready";
    });
    expect((await podsOf(installation, "o2")).get("o2-0")).toBe(before.get("o2-0"));
  });

  it("drains when it is deleted, and its owned objects are deleted", async () => {
    const installation = await cluster.install("gone");
    await using _operator = runOperator(installation);
    await using players = playBuilders(installation);
    const { admin } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    players.busy.add("o2-0");
    await admin.store.delete("BuilderPool", "o2");
    await until("both builders to be drained", async () => {
      const builders = await admin.store.list("Builder");
      return builders.length > 0 && builders.every(({ spec }) => spec.desired === "Drain");
    });
    expect(await names(installation)).toContain("o2-0");
    players.busy.clear();
    await until("the pool to be gone", async () => (await admin.store.get("BuilderPool", "o2")) === undefined);
    await until("everything it owned to be gone", async () => {
      const left = await Promise.all(
        [...ownedResources, claims].map(async (resource) => {
          const { items } = await admin.client.list(resource, { labelSelector: "ci.alice.cern.ch/pool=o2" });
          return items.map(({ kind, metadata }) => `${kind ?? resource.kind} ${metadata.name}`);
        }),
      );
      const builders = (await admin.store.list("Builder")).map(({ metadata }) => metadata.name);
      if (left.flat().length + builders.length > 0) throw new Error([...left.flat(), ...builders].join());
      return true;
    });
  });
});
