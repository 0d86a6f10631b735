import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { revisionLabel } from "../../../src/api/objects/group.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { setting } from "../../unit/core/pool/manifest/setting.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders, pods } from "../support/players.ts";
import { aPool, changePool, condition, podsOf, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function revisions({ admin }: Installation): Promise<readonly string[]> {
  const { items } = await admin.client.list(pods);
  return items.map(({ metadata }) => `${metadata.name} ${metadata.labels?.[revisionLabel]}`).sort();
}

/** Records the replaced pods in their order, and the lowest observed number of Ready builders. */
function watchRoll(installation: Installation) {
  const end = new AbortController();
  const replaced: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  async function observe(): Promise<void> {
    let before = await podsOf(installation, "o2");
    while (!end.signal.aborted) {
      const now = await podsOf(installation, "o2");
      for (const [name, uid] of now) if (before.has(name) && before.get(name) !== uid) replaced.push(name);
      before = new Map([...before, ...now]);
      const builders = await installation.admin.store.list("Builder");
      least = Math.min(least, builders.filter(({ status }) => status?.phase === "Ready").length);
    }
  }
  const observing = observe();
  return async () => {
    end.abort();
    await observing;
    return { replaced, least };
  };
}

describe("a rollout", () => {
  it("replaces pods from the highest to the lowest ordinal, never below the budget", async () => {
    const installation = await cluster.install("rolled");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await installation.admin.store.create("BuilderPool", aPool("o2", { instances: 4, update: { maxUnavailable: 1 } }));
    await settled(installation, "o2", 4);
    const ended = watchRoll(installation);
    await changePool(installation, "o2", { image: "builder:2" });
    await settled(installation, "o2", 4);
    const { replaced, least } = await ended();
    expect(replaced).toEqual(["o2-3", "o2-2", "o2-1", "o2-0"]);
    expect(least).toBeGreaterThanOrEqual(3);
  });

  it("continues after a replacement of the operator, also with a new builder image", async () => {
    const installation = await cluster.install("restarted");
    await using players = playBuilders(installation);
    const { admin } = installation;
    const first = runOperator(installation);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 3, update: { maxUnavailable: 1 } }));
    const { status } = await settled(installation, "o2", 3);
    const old = status?.revision;
    players.cold.add("o2-2");
    await changePool(installation, "o2", { image: "builder:2" });
    await until("the first to be replaced", async () => !(await revisions(installation)).includes(`o2-2 ${old}`));
    await first[Symbol.asyncDispose]();
    expect((await revisions(installation)).slice(0, 2)).toEqual([`o2-0 ${old}`, `o2-1 ${old}`]);
    const second = runOperator(installation);
    players.cold.clear();
    const rolled = await settled(installation, "o2", 3);
    await second[Symbol.asyncDispose]();
    await using _third = runOperator(installation, { setting: { ...setting, builderImage: "builderpool-builder:2" } });
    await until("the new builders' image to be the wanted revision", async () => {
      const pool = await admin.store.get("BuilderPool", "o2");
      return pool?.status?.revision !== rolled.status?.revision;
    });
    await settled(installation, "o2", 3);
    const { items } = await admin.client.list(pods);
    expect(JSON.stringify(items)).not.toContain(setting.builderImage);
  });

  it("starts missing builders at the earlier revision while paused, also after a replacement of the operator", async () => {
    const installation = await cluster.install("paused");
    await using _players = playBuilders(installation);
    const { admin, namespace } = installation;
    const first = runOperator(installation);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    const { status } = await settled(installation, "o2", 2);
    const old = status?.revision;
    await changePool(installation, "o2", { image: "builder:2", update: { paused: true } });
    await condition(installation, "o2", "Progressing", /^False UpdatePaused/);
    await first[Symbol.asyncDispose]();
    await using _second = runOperator(installation);
    const before = await podsOf(installation, "o2");
    await kubectl(admin.kubeconfig, ["-n", namespace, "delete", "pod", "o2-0"]);
    await until("another o2-0", async () => {
      const uid = (await podsOf(installation, "o2")).get("o2-0");
      return uid !== undefined && uid !== before.get("o2-0");
    });
    expect(await revisions(installation)).toEqual([`o2-0 ${old}`, `o2-1 ${old}`]);
  });

  it("returns to the earlier template that Kubernetes keeps when builders do not get warm", async () => {
    const installation = await cluster.install("returned");
    await using _operator = runOperator(installation);
    await using players = playBuilders(installation);
    const { admin } = installation;
    const update = { maxUnavailable: 1, onStall: "Rollback" };
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2, update, warmup: { timeout: "5s" } }));
    const { status } = await settled(installation, "o2", 2);
    const old = status?.revision;
    players.cold.add("o2-1");
    await changePool(installation, "o2", { image: "broken:1" });
    await condition(installation, "o2", "Stalled", /^True RolledBack/);
    players.cold.clear();
    await until("all to have the revision before", async () => {
      return (await revisions(installation)).join() === `o2-0 ${old},o2-1 ${old}`;
    });
    const { items } = await admin.client.list(pods);
    expect(JSON.stringify(items)).not.toContain("broken:1");
  });
});
