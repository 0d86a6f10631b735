import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Build, BuildSpec, BuildStatus } from "../../../src/api/build.ts";
import { BuilderPool } from "../../../src/api/pool.ts";
import { pendingReports } from "../../../src/core/report/pending.ts";
import { GitHubError } from "../../../src/github/github.ts";
import { createRefusals, type Refusals } from "../../../src/operator/reporter/refusals.ts";
import { runReporter } from "../../../src/operator/reporter/run.ts";
import { type EmbeddedStore, openEmbeddedStore } from "../../../src/store/embedded.ts";
import { retryOnConflict } from "../../../src/store/write.ts";
import type { Log } from "../../../src/system/log.ts";
import { type FakeClock, fakeClock, settled } from "../../support/fakeClock.ts";
import { aBuild, aVerdict, commitA, commitB, link, running } from "../../support/objects/reportedBuild.ts";
import { type FakeGitHub, fakeGitHub } from "./fakeGitHub.ts";

const context = "build/O2/o2";
const second = 1000;
const minute = 60 * second;

let clock: FakeClock;
let store: EmbeddedStore;
let github: FakeGitHub;
let errors: string[];
let refusals: Refusals;
let stop: () => Promise<void>;

const log: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (_, message) => void errors.push(message),
  child: () => log,
};

const pool = (spec: object = {}): BuilderPool =>
  BuilderPool.parse({
    apiVersion: "ci.alice.cern.ch/v1alpha1",
    kind: "BuilderPool",
    metadata: { name: "o2" },
    spec: { package: "O2", defaults: "o2", repository: "o/r", branch: "dev", ...spec },
  });

/** Lets the reporter react: watches, queue and store answer without the clock. */
async function quiet(): Promise<void> {
  for (let n = 0; n < 40; n += 1) await settled();
}

function start(): () => Promise<void> {
  const end = new AbortController();
  const ended = runReporter({ store, clock, log, refusals, github: () => github }, end.signal);
  return async () => {
    end.abort();
    await ended;
  };
}

async function put(spec: Partial<BuildSpec>, status: Partial<BuildStatus>): Promise<void> {
  await store.create("Build", aBuild(spec)).catch(() => undefined);
  await change(status);
}

async function change(status: Partial<BuildStatus>): Promise<void> {
  await retryOnConflict(
    store,
    "Build",
    "o2-build",
    (fresh) => ({ ...fresh, status: { phase: "Queued", attempt: 0, ...fresh.status, ...status } }),
    "status",
  );
  await quiet();
}

const reported = async () => (await store.get("Build", "o2-build"))?.status?.reported;
const shown = (commit = commitA) => github.status(commit, context)?.description;
const unreachable = new GitHubError("Unreachable", "502");

beforeEach(async () => {
  clock = fakeClock();
  store = openEmbeddedStore({ file: ":memory:", clock, log });
  github = fakeGitHub();
  errors = [];
  refusals = createRefusals(clock);
  await store.create("BuilderPool", pool());
  for (const name of ["o2-3", "o2-4"]) {
    await store.create("Builder", {
      apiVersion: "ci.alice.cern.ch/v1alpha1",
      kind: "Builder",
      metadata: { name },
      spec: { pool: "o2", desired: "Active", external: false, silent: name === "o2-4" },
    });
  }
  stop = start();
  await quiet();
});
afterEach(async () => {
  await stop();
  store.close();
});

describe("the reporter", () => {
  it("tells GitHub of a build's start and of its verdict, and nothing else", async () => {
    await put({}, running());
    expect(shown()).toBe("Started Mon 19:12 CET on o2-3");
    await change({ phase: "Done", verdict: aVerdict() });
    expect(github.taken.map(({ state }) => state)).toEqual(["pending", "success"]);
    expect(await reported()).toMatchObject({ state: "success", url: link, writes: 2, request: 1 });
  });

  it("writes nothing at rest, also after a restart", async () => {
    await put({}, { phase: "Done", verdict: aVerdict() });
    const [calls, version] = [github.calls(), (await store.get("Build", "o2-build"))?.metadata.resourceVersion];
    await stop();
    stop = start();
    await quiet();
    await clock.advance(60 * minute);
    expect(github.calls()).toBe(calls);
    expect((await store.get("Build", "o2-build"))?.metadata.resourceVersion).toBe(version);
  });

  it("writes only the last of several changes that come while GitHub is away", async () => {
    github.down = unreachable;
    await put({}, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure" }) });
    github.down = undefined;
    await clock.advance(minute);
    await quiet();
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
  });

  it("comments on a failed build, once", async () => {
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("x: error: y");
    expect((await reported())?.commented).toBeDefined();
  });

  it("changes nothing but status.reported, though others write at the same time", async () => {
    github.down = unreachable;
    await put({}, running());
    github.down = undefined;
    await change({ step: "merge" });
    await Promise.all([clock.advance(2 * second), change({ step: "build" })]);
    await quiet();
    const status = (await store.get("Build", "o2-build"))?.status;
    expect(status).toMatchObject({ phase: "Running", step: "build", reported: { state: "pending" } });
  });

  it("keeps a Build's silence on every path", async () => {
    await put({ silent: true }, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    expect(github.calls()).toBe(0);
  });

  it("publishes what it held back as soon as the pool is no longer silent", async () => {
    await store.apply("BuilderPool", pool({ silent: true }));
    await put({}, { phase: "Done", verdict: aVerdict() });
    expect(github.calls()).toBe(0);
    await store.apply("BuilderPool", pool({ silent: false }));
    await quiet();
    expect(github.taken).toHaveLength(1);
  });

  it("does not announce what a silent builder builds", async () => {
    await put({}, running({}, { builder: "o2-4" }));
    await change({ phase: "Done", verdict: aVerdict({ silent: true, builder: "o2-4" }) });
    expect(github.calls()).toBe(0);
  });

  it("asks for approval on a Build that has no status at all", async () => {
    await store.create("Build", aBuild({ request: 0, blocked: { reason: "Untrusted", message: "m" } }));
    await quiet();
    expect(shown()).toBe("Security: approval needed, not starting");
    expect(await reported()).toMatchObject({ request: 0, writes: 1 });
  });

  it("waits for the log of a verdict by its own clock, and no longer than ten minutes", async () => {
    const log = { path: "p", url: link, stored: false };
    await put({}, { phase: "Done", verdict: aVerdict({ log }) });
    await clock.advance(9 * minute);
    expect(github.calls()).toBe(0);
    await clock.advance(minute);
    await quiet();
    expect(github.status(commitA, context)?.url).toBe(link);
  });

  it("posts at once when the log is stored", async () => {
    await put({}, { phase: "Done", verdict: aVerdict({ log: { path: "p", url: link, stored: false } }) });
    await change({ verdict: aVerdict() });
    expect(github.taken).toHaveLength(1);
  });
});

describe("a report that fails", () => {
  it("W-3, W-4: is tried again, ever more slowly, until GitHub has it", async () => {
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await clock.advance(10 * minute);
    const inTen = github.calls();
    expect(inTen).toBeGreaterThan(5);
    await clock.advance(60 * minute);
    expect(github.calls() - inTen).toBeLessThanOrEqual(25);
    github.down = undefined;
    await clock.advance(5 * minute);
    await quiet();
    expect(shown()).toBe("");
  });

  it("makes no second comment when the connection was cut after GitHub had applied the first", async () => {
    github.faults.push({ applied: unreachable }, undefined, { applied: unreachable });
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    await clock.advance(minute);
    await quiet();
    expect(github.taken).toHaveLength(1);
    expect(github.comments).toHaveLength(1);
    expect((await reported())?.commented).toBeDefined();
  });

  it("is not lost with the process: the next one finds it in the store", async () => {
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await stop();
    github.down = undefined;
    stop = start();
    await quiet();
    expect(shown()).toBe("");
  });

  it("goes to the commit it is about although that was pushed over meanwhile", async () => {
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    const build = await store.get("Build", "o2-build");
    await store.apply("Build", {
      ...(build as Build),
      spec: { ...(build as Build).spec, commit: commitB, request: 2 },
    });
    await change(running({}, { commit: commitB, request: 2, attempt: 2 }));
    github.down = undefined;
    await clock.advance(5 * minute);
    await quiet();
    expect(github.taken.map(({ commit, state }) => [commit, state])).toEqual([
      [commitA, "success"],
      [commitB, "pending"],
    ]);
  });

  it("waits as long as GitHub says, and leaves GitHub alone meanwhile", async () => {
    github.faults.push(new GitHubError("RateLimited", "403", { retryAt: clock.now() + 7 * minute }));
    await put({}, { phase: "Done", verdict: aVerdict() });
    await change({ tree: "o2-3" });
    await clock.advance(6 * minute);
    expect(github.calls()).toBe(1);
    await clock.advance(minute);
    await quiet();
    expect(shown()).toBe("");
  });

  it("for lack of rights is said aloud and tried again slowly", async () => {
    github.down = new GitHubError("Unauthorized", "the token lacks repo:status");
    await put({}, { phase: "Done", verdict: aVerdict() });
    await clock.advance(4 * minute);
    expect(github.calls()).toBe(1);
    expect(errors).toEqual(["GitHub takes no writes: reports wait"]);
    expect(refusals.of("o2")).toBe("the token lacks repo:status");
    github.down = undefined;
    await clock.advance(2 * minute);
    await quiet();
    expect(shown()).toBe("");
    expect(refusals.of("o2")).toBeUndefined();
  });

  it("for lack of the right to comment keeps no status waiting, and comments when the right is there", async () => {
    github.mute = new GitHubError("Unauthorized", "the token lacks public_repo");
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
    expect(refusals.of("o2")).toBe("the token lacks public_repo");
    const { commit, request } = { commit: commitB, request: 2 };
    const build = (await store.get("Build", "o2-build")) as Build;
    await store.apply("Build", { ...build, spec: { ...build.spec, commit, request } });
    await change({
      phase: "Done",
      verdict: aVerdict({ commit, request, attempt: 2, result: "Failure", excerpt: "y" }),
    });
    expect(github.taken.map(({ state }) => state)).toEqual(["error", "error"]);
    github.mute = undefined;
    await clock.advance(6 * minute);
    await quiet();
    expect(github.comments.map(({ body }) => body)).toEqual([expect.stringContaining("y")]);
    expect(refusals.of("o2")).toBeUndefined();
  });

  it("for lack of rights is no longer spoken of when nobody waits for it any more", async () => {
    github.down = new GitHubError("Unauthorized", "the token lacks repo:status");
    await put({}, { phase: "Done", verdict: aVerdict() });
    await clock.advance(12 * minute);
    expect(refusals.of("o2")).toBe("the token lacks repo:status");
    await store.delete("Build", "o2-build");
    await clock.advance(12 * minute);
    expect(refusals.of("o2")).toBeUndefined();
  });

  it.each(["Rejected", "NotFound"] as const)(
    "is given up, with the reason on record, when GitHub says %s",
    async (code) => {
      github.faults.push(new GitHubError(code, "No commit found for SHA"));
      await put({}, { phase: "Done", verdict: aVerdict() });
      await clock.advance(60 * minute);
      expect(github.calls()).toBe(1);
      expect(await reported()).toMatchObject({ refused: "No commit found for SHA", writes: 0 });
      expect(errors).toEqual(["GitHub refused a status for good: it is given up"]);
    },
  );

  it("does not keep a Build alive that was deleted", async () => {
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await store.delete("Build", "o2-build");
    await quiet();
    const calls = github.calls();
    await clock.advance(60 * minute);
    expect(github.calls()).toBe(calls);
  });
});

describe("what is not reported yet", () => {
  const names = (builds: readonly Build[], spec: object = {}) =>
    pendingReports({ pools: [pool(spec)], builders: [], builds });
  const done = aBuild({}, { phase: "Done", verdict: aVerdict() });

  it("is told by the names of the Builds", () => {
    expect(names([done])).toEqual(["o2-build"]);
    expect(names([aBuild()])).toEqual([]);
  });

  it("is nothing in silence, and nothing of a pool that is gone", () => {
    expect(names([done], { silent: true })).toEqual([]);
    expect(pendingReports({ pools: [], builders: [], builds: [done] })).toEqual([]);
  });

  it("counts a verdict whose log is on its way", () => {
    const waiting = aVerdict({ log: { path: "p", url: link, stored: false } });
    expect(names([aBuild({}, { phase: "Done", verdict: waiting })])).toEqual(["o2-build"]);
  });
});
