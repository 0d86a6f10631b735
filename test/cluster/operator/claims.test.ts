import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build, BuildStatus } from "../../../src/api/objects/build.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { claim, finish, release, start, type Transition, takeBack } from "../../../src/core/build/claim.ts";
import type { Holder } from "../../../src/core/build/state.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import { aBuilderPod, logOf } from "../support/builderPod.ts";
import { aCluster, type Installation, type TestCluster } from "../support/installation.ts";

/** Longer than any pause after a failure. */
const hour = 3_600_000;
const begin = Date.parse("2026-01-01T00:00:00Z");
const builders = ["o2-0", "o2-1"] as const;
type Name = (typeof builders)[number];

let cluster: TestCluster;
let installation: Installation;
let stores: Record<Name, ObjectStore>;
let waiting: () => Promise<Stored<"Build">>;

beforeAll(async () => {
  cluster = await aCluster();
  installation = await cluster.install("claims");
  const pod = await aBuilderPod(installation);
  const other = await installation.as("o2-builder", { name: "o2-1", uid: pod.uids.get("o2-1") ?? "" });
  stores = { "o2-0": pod.store, "o2-1": other.store };
  waiting = pod.waiting;
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** A possible next write of a Build and its writer; undefined when the write is impossible now. */
type Move = (
  build: Stored<"Build">,
  now: number,
) => { readonly by: Name | "operator"; readonly next: Build } | undefined;

const statusOf = ({ status }: Build): BuildStatus => status ?? { phase: "Queued", attempt: 0 };
const holderOf = ({ status }: Build, by: Name): Holder | undefined =>
  status?.claim?.builder === by ? status.claim : undefined;

/** A step of a builder. Core may refuse the step. */
function step(by: Name, take: (build: Stored<"Build">, now: number) => Transition | undefined): Move {
  return (build, now) => {
    const transition = take(build, now);
    return transition === undefined || "refused" in transition
      ? undefined
      : { by, next: { ...build, status: transition.status } };
  };
}

const held = (by: Name, take: (build: Stored<"Build">, holder: Holder, now: number) => Transition): Move =>
  step(by, (build, now) => {
    const holder = holderOf(build, by);
    return holder && take(build, holder, now);
  });

const at = (now: number) => new Date(now).toISOString();
const finding = (build: Stored<"Build">, now: number, result: "Success" | "Failure") => ({
  ...{
    result,
    description: "",
    silent: false,
    startedAt: at(now),
    finishedAt: at(now),
    log: logOf(build),
    excerpt: "x: error: y",
  },
});

const ofBuilder = (by: Name): Readonly<Record<string, Move>> => ({
  [`${by} claims`]: step(by, (build, now) => claim(build, { builder: by, incarnation: `run-${by}` }, now)),
  [`${by} starts`]: held(by, start),
  [`${by} shows its step`]: held(by, (build) => ({ status: { ...statusOf(build), step: "build" } })),
  [`${by} sets Success`]: held(by, (build, holder, now) => finish(build, holder, finding(build, now, "Success"))),
  [`${by} sets Failure`]: held(by, (build, holder, now) => finish(build, holder, finding(build, now, "Failure"))),
  ...Object.fromEntries(
    (["FetchFailed", "Superseded", "Drained", "Preempted"] as const).map((reason) => [
      `${by} releases: ${reason}`,
      held(by, (build, holder, now) => release(build, holder, { reason, message: "why", now })),
    ]),
  ),
  [`${by} has stored its log`]: step(by, (build) => {
    const { verdict } = statusOf(build);
    if (verdict?.builder !== by || verdict.log === undefined) return undefined;
    return { status: { ...statusOf(build), verdict: { ...verdict, log: { ...verdict.log, stored: true } } } };
  }),
});

const spec =
  (change: (build: Build) => Partial<Build["spec"]>): Move =>
  (build) => ({ by: "operator", next: { ...build, spec: { ...build.spec, ...change(build) } } });

const moves: Readonly<Record<string, Move>> = {
  ...ofBuilder("o2-0"),
  ...ofBuilder("o2-1"),
  "a push": spec(({ spec: { request } }) => ({
    request: request + 1,
    commit: String(request + 1).padStart(40, "0"),
    group: "untested",
  })),
  "a recheck": spec(({ spec: { request } }) => ({ request: request + 1, group: "failed" })),
  "the holder is lost": (build, now) => {
    const transition = takeBack(build, { cause: "Lost" }, now);
    return "refused" in transition ? undefined : { by: "operator", next: { ...build, status: transition.status } };
  },
  "GitHub has it": (build, now) => {
    const { commit, request } = build.spec;
    const reported = { commit, request, state: "success", description: "", url: "", at: at(now), writes: 1 } as const;
    return { by: "operator", next: { ...build, status: { ...statusOf(build), reported } } };
  },
};

/** Makes a possible move with its writer's rights. Returns the Build afterwards. */
async function make(build: Stored<"Build">, choice: number, now: number, taken: Set<string>): Promise<Stored<"Build">> {
  const possible = Object.entries(moves).flatMap(([name, move]) => {
    const made = move(build, now);
    if (made === undefined) return [];
    // Pushes are always possible. The weight lets builders make progress between them.
    return Array.from({ length: made.by === "operator" ? 1 : 4 }, () => ({ name, ...made }));
  });
  const { name, by, next } = possible[choice % possible.length] ?? { name: "", by: "operator", next: build };
  taken.add(name);
  const store = by === "operator" ? installation.operator.store : stores[by];
  const wanted = { ...next, metadata: build.metadata };
  return next.spec === build.spec ? store.updateStatus("Build", wanted) : store.update("Build", wanted);
}

describe("the life of a Build", () => {
  it("has no step that core allows its builder and the API server refuses, in any history", async () => {
    const taken = new Set<string>();
    const choices = fc.array(fc.nat(1000), { minLength: 40, maxLength: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(choices, async (walk) => {
        let build = await waiting();
        for (const [index, choice] of walk.entries()) build = await make(build, choice, begin + index * hour, taken);
      }),
      { numRuns: 30, endOnFailure: true },
    );
    // At least one of the builders made each move. Chance may skip a move of one builder.
    const kinds = (names: Iterable<string>) => new Set([...names].map((name) => name.replace(/^o2-\d /, "")));
    expect(kinds(taken)).toEqual(kinds(Object.keys(moves)));
  });
});
