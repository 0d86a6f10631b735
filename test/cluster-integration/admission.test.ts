import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build, BuildStatus } from "../../src/api/build.ts";
import { apiVersion, poolLabel } from "../../src/api/group.ts";
import type { Stored } from "../../src/api/kinds.ts";
import { claim, finish, type Holder, release, start, type Transition } from "../../src/core/queue/claim.ts";
import { secrets } from "../../src/operator/cluster/resources.ts";
import { isStoreError } from "../../src/store/error.ts";
import { kubectl } from "../cluster/kubectl.ts";
import { aCluster, type Installation, type Somebody, type TestCluster } from "./support/installation.ts";
import { runOperator } from "./support/operator.ts";
import { playBuilders, pods } from "./support/players.ts";
import { aPool, podsOf, settled } from "./support/pools.ts";
import { until } from "./support/until.ts";

const commit = "0123456789012345678901234567890123456789";
const now = Date.parse("2026-01-01T00:00:00Z");
const at = new Date(now).toISOString();
const policies = "validatingadmissionpolicies";

interface PolicyStatus {
  readonly observedGeneration?: number;
  readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] };
}

let cluster: TestCluster;
let installation: Installation;
let me: Somebody;
let uids: ReadonlyMap<string, string>;
let builds = 0;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("admission");
  const { admin } = installation;
  {
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
  }
  uids = await podsOf(installation, "o2");
  me = await installation.as("o2-builder", { name: "o2-0", uid: uids.get("o2-0") ?? "" });
  await until("the policies to be in force", async () => isRefused(() => claimFor("o2-1")));
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** Whether the API server forbids it; throws when it fails for another reason. */
async function isRefused(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (isStoreError(error, "Forbidden")) return true;
    throw error;
  }
}

/** A Build that waits, of the pool `o2` unless said otherwise, with the status somebody else gave it. */
async function aBuild(spec: object = {}, status?: BuildStatus): Promise<Stored<"Build">> {
  builds += 1;
  const build: Build = {
    apiVersion,
    kind: "Build",
    metadata: { name: `build-${builds}`, labels: { [poolLabel]: "o2" } },
    spec: {
      pool: "o2",
      check: "build/O2/o2",
      repository: "AliceO2Group/AliceO2",
      number: builds,
      commit,
      base: "master",
      title: "Change something",
      author: "ada",
      urgent: false,
      waitingSince: at,
      group: "untested",
      request: 1,
      ...spec,
    },
  };
  const { store } = installation.admin;
  const created = await store.create("Build", build);
  return status === undefined ? created : store.updateStatus("Build", { ...created, status });
}

const holderOf = (builder: string): Holder => ({ builder, incarnation: `run-${builder}`, attempt: 1 });
const finding = { result: "Success", description: "", silent: false, startedAt: at, finishedAt: at } as const;
const log = { path: "a/b", url: "http://logs/a/b", stored: false };

function statusAfter(transition: Transition): BuildStatus {
  if ("refused" in transition) throw new Error(transition.refused);
  return transition.status;
}

/** The status of a Build in the hands of a builder, as `core/queue/claim` would have it. */
function inHands(build: Stored<"Build">, builder: string, phase: "Claimed" | "Running" | "Done"): BuildStatus {
  const holder = holderOf(builder);
  const claimed = statusAfter(claim(build, holder, now));
  if (phase === "Claimed") return claimed;
  const running = statusAfter(start({ ...build, status: claimed }, holder));
  if (phase === "Running") return running;
  return statusAfter(finish({ ...build, status: running }, holder, { ...finding, log }));
}

async function heldBy(builder: string, phase: "Claimed" | "Running" | "Done"): Promise<Stored<"Build">> {
  const build = await aBuild();
  const { store } = installation.admin;
  let last = build;
  for (const step of ["Claimed", "Running", "Done"] as const) {
    last = await store.updateStatus("Build", { ...last, status: inHands(build, builder, step) });
    if (step === phase) break;
  }
  return last;
}

const write = (build: Stored<"Build">, status: BuildStatus) => me.store.updateStatus("Build", { ...build, status });

async function claimFor(builder: string): Promise<unknown> {
  const build = await aBuild();
  return write(build, inHands(build, builder, "Claimed"));
}

describe("the policies", () => {
  it("are such that the API server has nothing to say against them", async () => {
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
  it("claim, start, show its step, give its verdict and say later that the log has arrived", async () => {
    const build = await aBuild();
    const claimed = await write(build, inHands(build, "o2-0", "Claimed"));
    const running = await write(claimed, statusAfter(start(claimed, holderOf("o2-0"))));
    const step = await write(running, { ...statusOf(running), step: "build" });
    const done = await write(step, statusAfter(finish(step, holderOf("o2-0"), { ...finding, log })));
    const verdict = done.status?.verdict;
    if (verdict === undefined) throw new Error("no verdict");
    const stored = await write(done, { ...statusOf(done), verdict: { ...verdict, log: { ...log, stored: true } } });
    expect(stored.status).toMatchObject({ phase: "Done", tree: "o2-0", verdict: { log: { stored: true } } });
  });

  it("claim again what was tested before, and move the last verdict into the history", async () => {
    const done = await heldBy("o2-1", "Done");
    const wanted = await installation.admin.store.update("Build", { ...done, spec: { ...done.spec, request: 2 } });
    const holder = { ...holderOf("o2-0"), attempt: 2 };
    const claimed = await write(wanted, statusAfter(claim(wanted, holder, now)));
    const running = await write(claimed, statusAfter(start(claimed, holder)));
    const again = await write(running, statusAfter(finish(running, holder, finding)));
    expect(again.status?.history?.map(({ builder }) => builder)).toEqual(["o2-1"]);
  });

  it.each(["Claimed", "Running"] as const)("give back what it holds, %s", async (phase) => {
    const held = await heldBy("o2-0", phase);
    const why = { reason: "FetchFailed", message: "no", now } as const;
    const released = await write(held, statusAfter(release(held, holderOf("o2-0"), why)));
    expect(released.status).toMatchObject({ phase: "Queued", trouble: { builder: "o2-0" } });
  });

  it("give back what a newer commit replaced, and with it the trouble that an earlier attempt had elsewhere", async () => {
    const lost = await heldBy("o2-1", "Claimed");
    const why = { reason: "FetchFailed", message: "no", now } as const;
    const queued = statusAfter(release(lost, holderOf("o2-1"), why));
    const waiting = await installation.admin.store.updateStatus("Build", { ...lost, status: queued });
    const holder = { ...holderOf("o2-0"), attempt: 2 };
    const claimed = await write(waiting, statusAfter(claim(waiting, holder, now + 3_600_000)));
    expect(claimed.status?.trouble).toMatchObject({ builder: "o2-1" });
    const superseded = { reason: "Superseded", message: "a newer commit", now } as const;
    const released = await write(claimed, statusAfter(release(claimed, holder, superseded)));
    expect(released.status).toMatchObject({ phase: "Queued" });
    expect(released.status).not.toHaveProperty("trouble");
  });

  it("write its own status, and create and renew its own Lease", async () => {
    const self = await me.store.get("Builder", "o2-0");
    if (self?.status === undefined) throw new Error("no Builder");
    await me.store.updateStatus("Builder", { ...self, status: { ...self.status, message: "Here I am" } });
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "o2-0" } } as const;
    const created = await me.store.create("Lease", { ...lease, spec: { holderIdentity: "a" } });
    await me.store.update("Lease", { ...created, spec: { holderIdentity: "b" } });
  });
});

describe("a builder may not", () => {
  const cheats: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["claim in the name of another", () => claimFor("o2-1")],
    [
      "claim what is blocked",
      async () => {
        const build = await aBuild();
        const blocked = await installation.admin.store.update("Build", {
          ...build,
          spec: { ...build.spec, blocked: { reason: "Untrusted", message: "no" } },
        });
        return write(blocked, inHands(build, "o2-0", "Claimed"));
      },
    ],
    [
      "claim again what has its verdict",
      async () => {
        const done = await heldBy("o2-1", "Done");
        const status = { ...statusOf(done), phase: "Claimed" as const, attempt: 2 };
        const { claim: first } = inHands(await aBuild(), "o2-0", "Claimed");
        return write(done, { ...status, ...(first && { claim: { ...first, attempt: 2 } }) });
      },
    ],
    [
      "skip an attempt",
      async () => {
        const build = await aBuild();
        const status = inHands(build, "o2-0", "Claimed");
        return write(build, { ...status, attempt: 5, ...(status.claim && { claim: { ...status.claim, attempt: 5 } }) });
      },
    ],
    [
      "claim for another commit than the one that is wanted",
      async () => {
        const build = await aBuild();
        const status = inHands(build, "o2-0", "Claimed");
        return write(build, { ...status, ...(status.claim && { claim: { ...status.claim, commit: "f".repeat(40) } }) });
      },
    ],
    ["claim a Build of another pool", async () => claimOf(await aBuild({ pool: "o3" }))],
    ["run without a claim", () => from("Queued", (build) => inHands(build, "o2-0", "Running"))],
    ["give a verdict without a claim", () => from("Queued", (build) => inHands(build, "o2-0", "Done"))],
    ["give a verdict before it runs", () => from("Claimed", (build) => inHands(build, "o2-0", "Done"))],
    [
      "give a verdict in the name of another",
      () =>
        from("Running", (build) => ({ ...inHands(build, "o2-0", "Done"), ...verdictOf(build, { builder: "o2-1" }) })),
    ],
    [
      "give a verdict about another commit",
      () =>
        from("Running", (build) => ({
          ...inHands(build, "o2-0", "Done"),
          ...verdictOf(build, { commit: "f".repeat(40) }),
        })),
    ],
    [
      "take what another holds",
      async () => steal("Claimed", (status) => ({ ...status, ...claimedBy(status, "o2-0") })),
    ],
    ["take what another runs", async () => steal("Running", (status) => ({ ...status, ...claimedBy(status, "o2-0") }))],
    [
      "give back what another holds",
      async () => steal("Claimed", ({ claim: _, ...rest }) => ({ ...rest, phase: "Queued" })),
    ],
    ["end what another runs", async () => steal("Running", ({ claim: _, ...rest }) => ({ ...rest, phase: "Done" }))],
    ["change the step of another", async () => steal("Running", (status) => ({ ...status, step: "build" }))],
    [
      "say that GitHub has been told",
      () =>
        from("Running", (build) => ({
          ...inHands(build, "o2-0", "Running"),
          reported: { commit, request: 1, state: "success", description: "", url: "", at, writes: 1 },
        })),
    ],
    [
      "change its verdict afterwards",
      () =>
        from("Done", (build) => ({ ...inHands(build, "o2-0", "Done"), ...verdictOf(build, { result: "Failure" }) })),
    ],
    [
      "mark the log of another's verdict as stored",
      async () =>
        steal("Done", (status) => ({
          ...status,
          ...(status.verdict && { verdict: { ...status.verdict, log: { ...log, stored: true } } }),
        })),
    ],
    ["forge the history", () => from("Running", (build) => ({ ...inHands(build, "o2-0", "Running"), history: [] }))],
    [
      "say that another's tree is warm",
      () => from("Running", (build) => ({ ...inHands(build, "o2-0", "Running"), tree: "o2-1" })),
    ],
    [
      "write the status of another",
      async () => {
        const other = await me.store.get("Builder", "o2-1");
        if (other?.status === undefined) throw new Error("no Builder");
        return me.store.updateStatus("Builder", { ...other, status: { ...other.status, phase: "Quarantined" } });
      },
    ],
    [
      "speak for another pod",
      async () => {
        const self = await me.store.get("Builder", "o2-0");
        if (self?.status === undefined) throw new Error("no Builder");
        return me.store.updateStatus("Builder", { ...self, status: { ...self.status, podUid: uids.get("o2-1") } });
      },
    ],
    [
      "blame another for a failure",
      () =>
        from("Running", (build) => ({
          ...inHands(build, "o2-0", "Running"),
          trouble: { reason: "DiskFull", message: "no", builder: "o2-1", count: 9, at },
        })),
    ],
    [
      "keep its Lease from going when it goes",
      async () => {
        const lease = (await me.store.get("Lease", "o2-0")) ?? (await me.store.create("Lease", aLease("o2-0")));
        return me.store.update("Lease", {
          ...lease,
          metadata: { ...lease.metadata, finalizers: ["example.org/stay"] },
        });
      },
    ],
    ["beat for another", () => me.store.create("Lease", aLease("o2-1"))],
    ["contend for the operator's Lease", () => me.store.create("Lease", aLease("builderpool"))],
    ["write what it is to do", async () => me.store.update("Builder", await builder("o2-0"))],
    ["create a Build", async () => me.store.create("Build", { ...(await aBuild()), metadata: { name: "mine" } })],
    ["delete a Build", async () => me.store.delete("Build", (await aBuild()).metadata.name)],
    ["change a pool", async () => me.store.delete("BuilderPool", "o2")],
    ["read Secrets", () => me.client.list(secrets)],
    ["delete pods", () => me.client.delete(pods, "o2-1")],
  ];

  it.each(cheats)("%s", async (_what, cheat) => {
    expect(await isRefused(cheat)).toBe(true);
  });

  it("do anything with a token that is bound to no pod", async () => {
    const stray = await installation.as("o2-builder");
    const build = await aBuild();
    const status = inHands(build, "o2-0", "Claimed");
    expect(await isRefused(() => stray.store.updateStatus("Build", { ...build, status }))).toBe(true);
    expect(await isRefused(() => stray.store.create("Lease", aLease("o2-7")))).toBe(true);
  });
});

describe("the operator", () => {
  it("is not held to what binds builders", async () => {
    const held = await heldBy("o2-1", "Running");
    const { claim: _, ...rest } = statusOf(held);
    const { store } = installation.operator;
    await store.updateStatus("Build", { ...held, status: { ...rest, phase: "Queued" } });
  });
});

function statusOf({ status }: Build): BuildStatus {
  if (status === undefined) throw new Error("no status");
  return status;
}

/** What the builder writes over its own Build in a phase. */
async function from(phase: BuildStatus["phase"], status: (build: Stored<"Build">) => BuildStatus): Promise<unknown> {
  if (phase === "Queued") {
    const build = await aBuild();
    return write(build, status(build));
  }
  const held = await heldBy("o2-0", phase);
  const { status: _, ...queued } = held;
  return write(held, status(queued));
}

/** What the builder writes over a Build that is another's. */
async function steal(
  phase: "Claimed" | "Running" | "Done",
  change: (status: BuildStatus) => BuildStatus,
): Promise<unknown> {
  const held = await heldBy("o2-1", phase);
  return write(held, change(statusOf(held)));
}

function claimOf(build: Stored<"Build">): Promise<unknown> {
  return write(build, inHands(build, "o2-0", "Claimed"));
}

function claimedBy(status: BuildStatus, builder: string): Partial<BuildStatus> {
  return { ...(status.claim && { claim: { ...status.claim, builder } }) };
}

function verdictOf(build: Stored<"Build">, change: object): Pick<BuildStatus, "verdict"> {
  const { verdict } = inHands(build, "o2-0", "Done");
  return { ...(verdict && { verdict: { ...verdict, ...change } }) };
}

function aLease(name: string) {
  const metadata = { name };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: "me" } } as const;
}

async function builder(name: string): Promise<Stored<"Builder">> {
  const found = await me.store.get("Builder", name);
  if (found === undefined) throw new Error(`no Builder ${name}`);
  return { ...found, spec: { ...found.spec, desired: "Drain" } };
}
