import { describe, expect, it, onTestFinished } from "vitest";
import type { Outcome } from "../../../src/api/cell/event.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { MirrorFailure, RefusedCommit } from "../../../src/builder/git/mirrors.ts";
import { StoreError } from "../../../src/store/error.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aBuilder, type BuilderFixture, buildObject, commit } from "../../support/builder/builderWorld.ts";
import { endless, failure } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

/** The Build of pull request 1. */
async function found({ store }: BuilderFixture): Promise<Stored<"Build">> {
  const build = await store.get("Build", "o2-hello-1");
  if (build === undefined) throw new Error("no build");
  return build;
}

describe("a builder at work", () => {
  it("W-10: stops the build of an outdated commit and builds the new commit next", async () => {
    const fixture = await aBuilder();
    const { store, cells, start } = fixture;
    await store.create("Build", buildObject(1));
    cells.script = (order, _on, signal) => (order.pullRequest?.commit === commit(1) ? endless(signal) : undefined);
    start();
    await fixture.builds();
    const running = await found(fixture);
    await store.update("Build", { ...running, spec: { ...running.spec, commit: commit("a"), request: 2 } });
    expect(await fixture.verdict()).toMatchObject({ commit: commit("a"), request: 2, attempt: 2 });
    expect((await fixture.build())?.trouble).toBeUndefined();
  });

  it("kills a build 15 minutes after its last heartbeat was sent, although the next heartbeat hangs", async () => {
    const { cells, store, start, builds, until } = await aBuilder();
    const speed = 200;
    const clock = {
      ...systemClock,
      now: () => systemClock.monotonic() * speed,
      monotonic: () => systemClock.monotonic() * speed,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / speed, signal),
    };
    const hung = Promise.withResolvers<never>();
    hung.promise.catch(() => {});
    onTestFinished(() => hung.reject(new StoreError("Unavailable", "no answer")));
    let [hangs, sentAt, killedAt] = [false, 0, 0];
    const get: typeof store.get = async (kind, name) => {
      if (kind === "Lease" && hangs) return hung.promise;
      if (kind === "Lease") sentAt = clock.monotonic();
      return store.get(kind, name);
    };
    cells.script = (order, _on, signal) => {
      if (order.task !== "build") return undefined;
      signal.addEventListener("abort", () => {
        killedAt = clock.monotonic();
      });
      return endless(signal);
    };
    await store.create("Build", buildObject(1));
    start({ clock, store: { ...store, get } });
    await builds();
    hangs = true;
    await until(async () => killedAt > 0);
    const minutes = (killedAt - sentAt) / 60_000;
    expect(minutes).toBeGreaterThan(14.9);
    expect(minutes).toBeLessThan(15.5);
  });

  it("stops a build when the pull request is closed", async () => {
    const { store, cells, start, builds, until } = await aBuilder();
    await store.create("Build", buildObject(1));
    cells.script = (order, _on, signal) => (order.task === "build" ? endless(signal) : undefined);
    start();
    await builds();
    await store.delete("Build", "o2-hello-1");
    await until(async () => cells.running() === 0);
  });

  it("drops a verdict after the claim was taken back", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, until } = fixture;
    await store.create("Build", buildObject(1));
    const late = Promise.withResolvers<Outcome>();
    cells.script = (order) => (order.task === "build" ? late.promise : undefined);
    start();
    await until(async () => (await fixture.build())?.phase === "Running");
    const build = await found(fixture);
    const { claim: _, ...rest } = build.status ?? { phase: "Queued", attempt: 1 };
    await store.updateStatus("Build", { ...build, status: { ...rest, phase: "Queued", attempt: 7 } });
    late.resolve(failure);
    expect((await fixture.verdict()).attempt).toBe(8);
    expect(cells.orders.filter(({ task }) => task === "build")).toHaveLength(2);
  });

  it("gives a red verdict with git's words on objects that git refuses, and builds the next commit", async () => {
    const { store, cells, mirrors, start, reaches, verdict, until } = await aBuilder();
    start();
    await reaches("Ready");
    mirrors.failure = new RefusedCommit("Git refuses an object of the pull request: hasDotgit: contains '.git'");
    const created = await store.create("Build", buildObject(1));
    expect(await verdict()).toMatchObject({
      result: "Failure",
      description: "Git refuses an object of the pull request: hasDotgit: contains '.git'",
      attempt: 1,
    });
    expect(cells.orders.filter(({ task }) => task === "build")).toEqual([]);
    mirrors.failure = undefined;
    const { spec } = created;
    const current = await store.get("Build", created.metadata.name);
    if (current !== undefined)
      await store.update("Build", { ...current, spec: { ...spec, commit: commit("a"), request: 2 } });
    await until(async () => (await store.get("Build", created.metadata.name))?.status?.verdict?.result === "Success");
  });

  it("requeues a build with the reason after a failed fetch, and never calls it a conflict (W-2)", async () => {
    const { store, mirrors, start, build, reaches, until } = await aBuilder();
    start();
    await reaches("Ready");
    mirrors.failure = new MirrorFailure("FetchFailed", "o/hello could not be fetched: no route to host");
    await store.create("Build", buildObject(1));
    const status = await until(async () => {
      const now = await build();
      return now?.trouble !== undefined && now;
    });
    expect(status).toMatchObject({
      phase: "Queued",
      trouble: { reason: "FetchFailed", message: "o/hello could not be fetched: no route to host", count: 1 },
    });
    expect(status.verdict).toBeUndefined();
  });

  it("enters quarantine when builds and the self-test fail, and fails no pull request (W-45)", async () => {
    const { store, cells, start, build, reaches, verdict } = await aBuilder();
    start({ clock: hurriedClock() });
    await reaches("Ready");
    cells.script = ({ task }) => {
      if (task === "warmup") return undefined;
      return Promise.resolve(
        task === "selftest"
          ? { kind: "Infrastructure", reason: "SelfTestFailed", message: "The compiler does not work" }
          : { kind: "Infrastructure", reason: "DependencyFetchFailed", message: "No network" },
      );
    };
    const numbers = [1, 2, 3, 4, 5];
    for (const number of numbers) await store.create("Build", buildObject(number));
    expect((await reaches("Quarantined")).message).toContain("The compiler does not work");
    expect(cells.orders.filter(({ task }) => task === "build")).toHaveLength(3);
    for (const number of numbers) expect((await build(number))?.verdict).toBeUndefined();
    cells.script = () => undefined;
    await reaches("Ready");
    expect((await verdict(5)).result).toBe("Success");
  });

  it("stores the excerpt for the comment only with a failure", async () => {
    const { store, cells, start, verdict } = await aBuilder();
    const results = ["Failure", "Success", "DoctorError"] as const;
    cells.script = async (order) => {
      if (order.task !== "build") return { kind: "Done", message: "" };
      return { ...failure, result: results[(order.pullRequest?.number ?? 1) - 1] ?? "Success" };
    };
    for (const number of [1, 2, 3]) await store.create("Build", buildObject(number));
    start();
    expect((await verdict(1)).excerpt).toBe("hello.cc:1: error: expected ';'");
    expect((await verdict(2)).excerpt).toBeUndefined();
    expect((await verdict(3)).excerpt).toBe("hello.cc:1: error: expected ';'");
  });

  it("ends a build red after the same failure on each builder of a small pool, with the log of the last one", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, verdict, build, until } = fixture;
    const startedAt = "2026-01-01T00:00:00.000Z";
    cells.script = async (order, on) => {
      if (order.task !== "build") return { kind: "Done", message: "" };
      on({ event: "step", step: "build" });
      on({ event: "logFile", path: "hello/log", startedAt, finishedAt: startedAt, bytes: 5 });
      on({ event: "logText", text: "Killed" });
      return { kind: "Infrastructure", reason: "OutOfMemory", message: "aliBuild build ran out of memory" };
    };
    await store.create("Build", buildObject(1));
    start({ clock: hurriedClock() });
    for (const count of [1, 2]) {
      await until(async () => (await build(1))?.trouble?.count === count);
      const { status, ...stored } = await found(fixture);
      const { notBefore: _, ...trouble } = status?.trouble ?? {
        reason: "OutOfMemory",
        message: "",
        builder: "",
        count,
        at: startedAt,
      };
      await store.updateStatus("Build", { ...stored, status: { phase: "Queued", attempt: count, ...status, trouble } });
    }
    await verdict(1);
    // The hurried clock ends the builder's wait for the upload. The Build then records the upload after the verdict.
    await until(async () => (await build(1))?.verdict?.log?.stored);
    expect(await verdict(1)).toMatchObject({
      result: "Failure",
      cause: "OutOfMemory",
      description: "Gave up after 3 attempts on 1 builder: the build ran out of memory",
      log: { stored: true },
    });
    expect(await build(1)).toMatchObject({ phase: "Done", attempt: 3 });
    expect(cells.orders.filter(({ task }) => task === "selftest").length).toBeGreaterThanOrEqual(3);
  });
});
