import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownedResource, ownedResources, statefulSets } from "../../../src/operator/cluster/resources.ts";
import type { Resource } from "../../../src/store/kubernetes/client.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders, pods } from "../support/players.ts";
import { aPool, changePool, condition, podsOf, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

const claims: Resource = { apiVersion: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims" };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** kubectl with all rights in the namespace. */
const byHand = ({ admin, namespace }: Installation, ...args: readonly string[]) =>
  kubectl(admin.kubeconfig, ["-n", namespace, ...args]);

async function specOf({ admin }: Installation, resource: Resource, name: string) {
  return JSON.stringify((await admin.client.get(resource, name))?.["spec"]);
}

describe("the owned objects of a pool", () => {
  it("are restored after an edit, without a restart of builders", async () => {
    const installation = await cluster.install("edited");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    const before = await podsOf(installation, "o2");
    const edits = [
      ["statefulset", { spec: { replicas: 1 } }],
      ["statefulset", { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } }],
      ["poddisruptionbudget", { spec: { maxUnavailable: 2 } }],
      ["service", { spec: { publishNotReadyAddresses: false } }],
    ] as const;
    for (const [kind, patch] of edits) {
      const resource = ownedResources.find((one) => one.kind.toLowerCase() === kind) ?? statefulSets;
      const right = await specOf(installation, resource, "o2");
      await byHand(installation, "patch", kind, "o2", "--type=merge", "-p", JSON.stringify(patch));
      await until(`the ${kind} to be right again`, async () => (await specOf(installation, resource, "o2")) === right);
    }
    await settled(installation, "o2", 2);
    expect((await podsOf(installation, "o2")).get("o2-0")).toBe(before.get("o2-0"));
  });

  it("get their owner reference back after its removal, with OwnerReferencesPermissionEnforcement", async () => {
    const installation = await cluster.install("ownerless");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 1 }));
    await settled(installation, "o2", 1);
    for (const resource of ownedResources) {
      const name = ["Role", "RoleBinding", "ServiceAccount"].includes(resource.kind) ? "o2-builder" : "o2";
      const ownerless = JSON.stringify({ metadata: { ownerReferences: null } });
      await byHand(installation, "patch", resource.kind.toLowerCase(), name, "--type=merge", "-p", ownerless);
      await until(`the owner of the ${resource.kind}`, async () => {
        const { metadata } = (await admin.client.get(resource, name)) ?? {};
        return metadata?.ownerReferences?.some(({ kind }) => kind === "BuilderPool");
      });
    }
  });

  it("are recreated after a delete", async () => {
    const installation = await cluster.install("deleted");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    const before = await podsOf(installation, "o2");
    await byHand(installation, "delete", "statefulset", "o2", "--cascade=orphan");
    await byHand(installation, "delete", "networkpolicy,service,pdb", "o2");
    await byHand(installation, "delete", "role,rolebinding,serviceaccount", "o2-builder");
    for (const { kind } of ownedResources) {
      const name = ["Role", "RoleBinding", "ServiceAccount"].includes(kind) ? "o2-builder" : "o2";
      await until(`the ${kind}`, async () => installation.admin.client.get(ownedResource(kind), name));
    }
    await settled(installation, "o2", 2);
    await until("the pods to have a controller again", async () => {
      const { items } = await installation.admin.client.list(pods);
      return items.every(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => kind === "StatefulSet"));
    });
    expect(await podsOf(installation, "o2")).toEqual(before);
  });

  it("include a StatefulSet with new claims after a size change, while pods run until their rollout", async () => {
    const installation = await cluster.install("claims");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    await changePool(installation, "o2", { workspace: { size: "500Gi" } });
    await settled(installation, "o2", 2);
    await changePool(installation, "o2", { instances: 3 });
    await settled(installation, "o2", 3);
    const { items } = await installation.admin.client.list(claims);
    const sizes = items.map(({ metadata, spec }) => `${metadata.name} ${JSON.stringify(spec)}`).sort();
    expect(sizes[0]).toMatch(/^data-o2-0 .*"storage":"300Gi"/);
    expect(sizes[2]).toMatch(/^data-o2-2 .*"storage":"500Gi"/);
  });
});

describe("a pool with a name of another owner", () => {
  it("changes no object of the owner and names the owner until the name is free", async () => {
    const installation = await cluster.install("taken");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    const labels = { app: "theirs" };
    await admin.client.create(statefulSets, {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "o2", labels },
      spec: {
        replicas: 1,
        serviceName: "o2",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "theirs", image: "theirs" }] } },
      },
    });
    const before = await specOf(installation, statefulSets, "o2");
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    expect(await condition(installation, "o2", "Conflict", /^True NameTaken/)).toMatch(
      /The StatefulSet "o2" belongs to another owner: create the pool "o2" under another name, or delete that StatefulSet/,
    );
    expect(await specOf(installation, statefulSets, "o2")).toBe(before);
    expect(await admin.store.list("Builder")).toEqual([]);
    await admin.client.delete(statefulSets, "o2", { propagation: "Foreground" });
    await settled(installation, "o2", 2);
    await condition(installation, "o2", "Conflict", /^False/);
  });
});

describe("a pool with pods that the API server refuses", () => {
  it("shows the API server's message, keeps running pods, and continues after a correction", async () => {
    const installation = await cluster.install("refused");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 1 }));
    await settled(installation, "o2", 1);
    const before = await podsOf(installation, "o2");
    await changePool(installation, "o2", { template: { tolerations: [{ key: "ci", operator: "Sometimes" }] } });
    expect(await condition(installation, "o2", "DefinitionsValid", /^False DefinitionInvalid/)).toMatch(
      /tolerations.*Sometimes/,
    );
    expect(await podsOf(installation, "o2")).toEqual(before);
    await changePool(installation, "o2", { template: { tolerations: [{ key: "ci", operator: "Exists" }] } });
    await condition(installation, "o2", "DefinitionsValid", /^True/);
    await settled(installation, "o2", 1);
  });
});
