import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, start } from "../../../src/core/build/claim.ts";
import { aBuild } from "../../contract/objects.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { statusAfter } from "../../support/objects/inHands.ts";
import { aGitHub, createSecret } from "../support/github.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders, pods } from "../support/players.ts";
import { aPool, podsOf, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";
import { aWire } from "../support/wire.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** A pool of two builders. The second builder runs a build. */
async function building(installation: Installation): Promise<void> {
  const { store } = installation.admin;
  await store.create("BuilderPool", aPool("o2", { instances: 2 }));
  await settled(installation, "o2", 2);
  await startBuild(installation);
}

async function startBuild({ admin: { store } }: Installation): Promise<void> {
  const incarnation = (await store.get("Builder", "o2-1"))?.status?.incarnation ?? "";
  const holder = { builder: "o2-1", incarnation, attempt: 1 };
  const created = await store.create("Build", aBuild("b"));
  const claimed = await store.updateStatus("Build", { ...created, status: statusAfter(claim(created, holder, 0)) });
  await store.updateStatus("Build", { ...claimed, status: statusAfter(start(claimed, holder)) });
}

const build = ({ admin }: Installation): Promise<Stored<"Build"> | undefined> => admin.store.get("Build", "b");

const isTakenBack = async (installation: Installation) => {
  const { status } = (await build(installation)) ?? {};
  return status?.phase === "Queued" && status.trouble?.reason === "BuilderLost";
};

describe("a builder without its pod", () => {
  it("is dead at once, and its running build is requeued", async () => {
    const installation = await cluster.install("gone");
    await using _operator = runOperator(installation);
    await using players = playBuilders(installation);
    await building(installation);
    players.cold.add("o2-1"); // its replacement writes no status yet
    players.mute.add("o2-1");
    await installation.admin.client.delete(pods, "o2-1");
    await until("the build to be taken back", () => isTakenBack(installation), 60_000);
  });

  it("is not dead during an outage of the API server: no claim is taken back until it replies again", async () => {
    const installation = await cluster.install("cut");
    await using wire = await aWire(installation.operator);
    await using _operator = runOperator(await installation.over(wire.kubeconfig));
    await using players = playBuilders(installation);
    await building(installation);
    const { admin } = installation;
    wire.cut();
    players.mute.add("o2-1");
    await admin.client.delete(pods, "o2-1");
    await sleep(12_000); // more than two checks of the operator
    expect((await build(installation))?.status?.phase).toBe("Running");
    expect((await admin.store.list("Builder")).map(({ status }) => status?.phase)).toEqual(["Ready", "Ready"]);
    wire.heal();
    await until("the build to be taken back", () => isTakenBack(installation));
  });
});

describe("an operator without a view of pods", () => {
  it("takes back no claim of a builder with a possibly deleted pod", async () => {
    const installation = await cluster.install("blind");
    await using operator = runOperator(installation);
    await using players = playBuilders(installation);
    await building(installation);
    operator.blind("All");
    players.mute.add("o2-1");
    await installation.admin.client.delete(pods, "o2-1");
    await sleep(12_000);
    expect((await build(installation))?.status?.phase).toBe("Running");
    operator.see();
    await until("the build to be taken back", () => isTakenBack(installation));
  });

  it("takes back no claim of a builder with a new pod that it has not seen", async () => {
    const installation = await cluster.install("late");
    await using operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    operator.blind("Watch");
    const before = await podsOf(installation, "o2");
    await admin.client.delete(pods, "o2-1");
    await until("another builder in its place", async () => {
      const uid = (await podsOf(installation, "o2")).get("o2-1");
      const { status } = (await admin.store.get("Builder", "o2-1")) ?? {};
      return uid !== undefined && uid !== before.get("o2-1") && status?.podUid === uid && status.phase === "Ready";
    });
    await startBuild(installation);
    await sleep(12_000); // more than two checks
    expect((await build(installation))?.status?.phase).toBe("Running");
    expect((await admin.store.list("Builder")).map(({ status }) => status?.phase)).toEqual(["Ready", "Ready"]);
  });
});

describe("a terminating pod that stays", () => {
  it("is not available, whatever its builder reports, and counts against the budget", async () => {
    const installation = await cluster.install("ending");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin, namespace } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    const hold = JSON.stringify({ metadata: { finalizers: ["example.org/stay"] } });
    await kubectl(admin.kubeconfig, ["-n", namespace, "patch", "pod", "o2-0", "--type=merge", "-p", hold]);
    await admin.client.delete(pods, "o2-0");
    await until("one to serve", async () => (await admin.store.get("BuilderPool", "o2"))?.status?.active === 1);
    expect((await admin.store.get("Builder", "o2-0"))?.status?.phase).toBe("Ready");
    await admin.client.merge(pods, "o2-0", { metadata: { finalizers: null } });
    await settled(installation, "o2", 2);
  });
});

describe("evictions", () => {
  it("respect the pool's budget: draining two nodes at once evicts one builder after the other", async () => {
    const installation = await cluster.install("evicted");
    await using github = await aGitHub();
    await using _operator = runOperator(installation);
    await using players = playBuilders(installation);
    const { admin } = installation;
    players.showsReady = true;
    await createSecret(installation, "github", { token: github.token }, github.consent);
    const spec = { instances: 2, update: { maxUnavailable: 1 }, github: github.of("github") };
    await admin.store.create("BuilderPool", aPool("o2", spec));
    await settled(installation, "o2", 2);
    const before = await podsOf(installation, "o2");
    const evict = (name: string) =>
      admin.client.create(pods, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } }, "eviction");
    await until("the budget to be known", async () => {
      await evict("o2-1");
      return true;
    });
    await expect(evict("o2-0")).rejects.toThrow(/disruption budget/);
    // The eviction API remembers an evicted pod by name for two minutes. A new pod of that name may be mistaken for it.
    const goes = async () => {
      await evict("o2-0");
      return true;
    };
    await until("the next to be let go, once the first is back", goes, 180_000);
    await settled(installation, "o2", 2);
    expect([...(await podsOf(installation, "o2")).values()].some((uid) => [...before.values()].includes(uid))).toBe(
      false,
    );
  });
});
