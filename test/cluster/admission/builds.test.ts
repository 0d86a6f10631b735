import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { finish, release, start } from "../../../src/core/build/claim.ts";
import { claimed, finding, holderIn, statusAfter } from "../../support/objects/inHands.ts";
import { iso, noon } from "../../support/objects/moment.ts";
import { aBuilderPod, inHands, logOf, refusalOf, statusOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";

const otherCommit = "f".repeat(40);

let cluster: TestCluster;
let installation: Installation;
let me: Awaited<ReturnType<typeof aBuilderPod>>;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("admission");
  me = await aBuilderPod(installation);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("a builder may", () => {
  it("claim, start, set its step, set its verdict, and later mark the log as stored", async () => {
    const build = await me.waiting();
    const claimed = await me.write(build, inHands(build, "o2-0", "Claimed"));
    const running = await me.write(claimed, statusAfter(start(claimed, holderIn(claimed))));
    const step = await me.write(running, { ...statusOf(running), step: "build" });
    const done = await me.write(step, statusAfter(finish(step, holderIn(step), { ...finding, log: logOf(step) })));
    const verdict = done.status?.verdict;
    if (verdict === undefined) throw new Error("no verdict");
    const stored = await me.write(done, {
      ...statusOf(done),
      verdict: { ...verdict, log: { ...logOf(done), stored: true } },
    });
    expect(stored.status).toMatchObject({ phase: "Done", tree: "o2-0", verdict: { log: { stored: true } } });
  });

  it("claim a tested Build again, and move the last verdict into the history", async () => {
    const done = await me.heldBy("o2-1", "Done");
    const wanted = await installation.admin.store.update("Build", { ...done, spec: { ...done.spec, request: 2 } });
    const claimed = await me.write(wanted, inHands(wanted, "o2-0", "Claimed"));
    const running = await me.write(claimed, statusAfter(start(claimed, holderIn(claimed))));
    const again = await me.write(running, statusAfter(finish(running, holderIn(running), finding)));
    expect(again.status?.history?.map(({ builder }) => builder)).toEqual(["o2-1"]);
  });

  it.each(["Claimed", "Running"] as const)("release its claim, %s", async (phase) => {
    const held = await me.heldBy("o2-0", phase);
    const why = { reason: "FetchFailed", message: "no", now: noon } as const;
    const released = await me.write(held, statusAfter(release(held, holderIn(held), why)));
    expect(released.status).toMatchObject({ phase: "Queued", trouble: { builder: "o2-0" } });
  });

  it("release a superseded claim, and remove the failure that an earlier attempt had elsewhere", async () => {
    const lost = await me.heldBy("o2-1", "Claimed");
    const why = { reason: "FetchFailed", message: "no", now: noon } as const;
    const queued = statusAfter(release(lost, holderIn(lost), why));
    const waiting = await installation.admin.store.updateStatus("Build", { ...lost, status: queued });
    const held = await me.write(waiting, claimed(waiting, "o2-0", noon + 3_600_000).status);
    expect(held.status?.trouble).toMatchObject({ builder: "o2-1" });
    const superseded = { reason: "Superseded", message: "a newer commit", now: noon } as const;
    const released = await me.write(held, statusAfter(release(held, holderIn(held), superseded)));
    expect(released.status).toMatchObject({ phase: "Queued" });
    expect(released.status).not.toHaveProperty("trouble");
  });

  it("release a superseded claim, and keep the builders that the pull request broke", async () => {
    const held = await brokeBefore();
    const superseded = { reason: "Superseded", message: "a newer commit", now: noon } as const;
    const released = await me.write(held, statusAfter(release(held, holderIn(held), superseded)));
    expect(released.status?.trouble).toMatchObject({ reason: "Superseded", brokenBuilders: [{ builder: "o2-1" }] });
  });

  it("end a build red that broke all builders, with the cause and the failure beside it", async () => {
    const reason = "OutOfMemory";
    const again = await brokeBefore();
    const builders = await installation.admin.store.list("Builder");
    const why = { reason, message: "no memory", now: noon, ran: true, builders } as const;
    const done = await me.write(again, statusAfter(release(again, holderIn(again), why)));
    expect(done.status).toMatchObject({ phase: "Done", verdict: { result: "Failure", cause: reason } });
    expect(done.status?.trouble).toMatchObject({ builder: "o2-0", count: 3 });
  });
});

describe("a builder may not", () => {
  const cheats: readonly (readonly [what: string, cheat: () => Promise<unknown>, sentence?: string])[] = [
    ["claim in the name of another", () => me.claimFor("o2-1")],
    [
      "claim a blocked Build",
      async () => {
        const build = await me.waiting();
        const blocked = await installation.admin.store.update("Build", {
          ...build,
          spec: { ...build.spec, blocked: { reason: "Untrusted", message: "no" } },
        });
        return me.write(blocked, inHands(build, "o2-0", "Claimed"));
      },
    ],
    [
      "claim a finished Build again",
      async () => {
        const done = await me.heldBy("o2-1", "Done");
        const status = { ...statusOf(done), phase: "Claimed" as const, attempt: 2 };
        const { status: _, ...unclaimed } = done;
        const { claim: first } = inHands(unclaimed, "o2-0", "Claimed");
        return me.write(done, { ...status, ...(first && { claim: { ...first, attempt: 2 } }) });
      },
    ],
    [
      "skip an attempt",
      async () => {
        const build = await me.waiting();
        const status = inHands(build, "o2-0", "Claimed");
        return me.write(build, {
          ...status,
          attempt: 5,
          ...(status.claim && { claim: { ...status.claim, attempt: 5 } }),
        });
      },
    ],
    [
      "claim another commit than the wanted one",
      async () => {
        const build = await me.waiting();
        const status = inHands(build, "o2-0", "Claimed");
        return me.write(build, { ...status, ...(status.claim && { claim: { ...status.claim, commit: otherCommit } }) });
      },
    ],
    ["claim a Build of another pool", async () => me.claimFor("o2-0", { pool: "o3" }), "its own pool"],
    ["run without a claim", () => me.from("Queued", (build) => inHands(build, "o2-0", "Running"))],
    [
      "take a claim of another",
      async () => me.steal("Claimed", (status) => ({ ...status, ...claimedBy(status, "o2-0") })),
    ],
    [
      "take a running build of another",
      async () => me.steal("Running", (status) => ({ ...status, ...claimedBy(status, "o2-0") })),
    ],
    [
      "release a claim of another",
      async () => me.steal("Claimed", ({ claim: _, ...rest }) => ({ ...rest, phase: "Queued" })),
    ],
    [
      "end a running build of another",
      async () =>
        me.steal("Running", ({ claim: held, ...rest }) => {
          const { commit = "", request = 0, attempt = 0 } = held ?? {};
          return { ...rest, phase: "Done", verdict: { ...finding, commit, request, attempt, builder: "o2-0" } };
        }),
    ],
    ["change the step of another", async () => me.steal("Running", (status) => ({ ...status, step: "build" }))],
    [
      "write status.reported",
      () =>
        me.from("Running", (build) => ({
          ...inHands(build, "o2-0", "Running"),
          reported: {
            commit: build.spec.commit,
            request: 1,
            state: "success",
            description: "",
            url: "",
            at: iso(noon),
            writes: 1,
          },
        })),
      "status.reported",
    ],
    ["count more failures than its own", () => me.from("Claimed", (build) => releasedWith(build, { count: 9 }))],
    [
      "release with a failure of a later request",
      () => me.from("Claimed", (build) => releasedWith(build, { request: 7 })),
    ],
    [
      "forget the builders that a pull request broke",
      async () => {
        const held = await brokeBefore();
        const { claim: _, trouble: __, ...rest } = statusOf(held);
        return me.write(held, { ...rest, phase: "Queued" });
      },
    ],
    [
      "mark its own tree as warm while it releases",
      async () => me.from("Claimed", (build) => ({ ...releasedWith(build, {}), tree: "o2-0" })),
      "status.tree",
    ],
    [
      "mark another's tree as warm",
      () => me.from("Running", (build) => ({ ...inHands(build, "o2-0", "Running"), tree: "o2-1" })),
      "status.tree",
    ],
    [
      "give others older trees while it releases",
      async () => me.from("Claimed", (build) => ({ ...releasedWith(build, {}), olderTrees: ["o2-1"] })),
      "status.olderTrees",
    ],
    [
      "blame another for a failure",
      () =>
        me.from("Running", (build) => ({
          ...inHands(build, "o2-0", "Running"),
          trouble: { reason: "DiskFull", message: "no", builder: "o2-1", count: 9, at: iso(noon) },
        })),
    ],
    [
      "create a Build",
      async () => me.store.create("Build", { ...(await me.waiting()), metadata: { name: "mine" } }),
      "cannot create resource",
    ],
    [
      "delete a Build",
      async () => me.store.delete("Build", (await me.waiting()).metadata.name),
      "cannot delete resource",
    ],
  ];

  const generic = "a builder claims in its own name";
  const named = cheats.map(([what, cheat, sentence = generic]) => [what, cheat, sentence] as const);
  it.each(named)("%s", async (_what, cheat, sentence) => {
    expect(await refusalOf(cheat)).toContain(sentence);
  });
});

describe("the operator", () => {
  it("is exempt from the rules for builders", async () => {
    const held = await me.heldBy("o2-1", "Running");
    const { claim: _, ...rest } = statusOf(held);
    const { store } = installation.operator;
    await store.updateStatus("Build", { ...held, status: { ...rest, phase: "Queued" } });
  });
});

/** A Build that o2-0 runs, and that broke o2-1 before. */
async function brokeBefore(): Promise<Stored<"Build">> {
  const held = await me.heldBy("o2-0", "Running");
  const reason = "OutOfMemory";
  const broken = { builder: "o2-1", request: 1, reason, times: 2, counted: 2, at: iso(noon) } as const;
  const trouble = { reason, message: "no memory", builder: "o2-1", count: 2, request: 1, at: iso(noon) } as const;
  const status = { ...statusOf(held), trouble: { ...trouble, brokenBuilders: [broken] } };
  return installation.admin.store.updateStatus("Build", { ...held, status });
}

function claimedBy(status: BuildStatus, builder: string): Partial<BuildStatus> {
  return { ...(status.claim && { claim: { ...status.claim, builder } }) };
}

/** The status after a release with another trouble than the builder's own. */
function releasedWith(build: Stored<"Build">, change: object): BuildStatus {
  const held = claimed(build, "o2-0");
  const why = { reason: "FetchFailed", message: "no", now: noon } as const;
  const status = statusAfter(release(held, holderIn(held), why));
  return { ...status, ...(status.trouble && { trouble: { ...status.trouble, ...change } }) };
}
