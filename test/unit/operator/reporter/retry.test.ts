import { describe, expect, it } from "vitest";
import { GitHubError } from "../../../../src/github/github.ts";
import { aVerdict, commitA, commitB, running } from "../../../support/objects/reportedBuild.ts";
import type { FakeGitHub } from "./fakeGitHub.ts";
import { aReporter, minute, unreachable } from "./world.ts";

const notFound = new GitHubError("NotFound", "404 (Not Found)");

describe("a failed report", () => {
  it("W-3, W-4: is retried with growing pauses until GitHub accepts it", async () => {
    const { github, pass, put, shown } = await aReporter();
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await pass(10 * minute);
    const inTen = github.calls();
    expect(inTen).toBeGreaterThan(5);
    await pass(60 * minute);
    expect(github.calls() - inTen).toBeLessThanOrEqual(25);
    github.down = undefined;
    await pass(5 * minute);
    expect(shown()).toBe("");
  });

  it("posts no second comment after a cut connection when GitHub applied the first", async () => {
    const { github, pass, put, reported } = await aReporter();
    github.faults.push({ applied: unreachable }, undefined, { applied: unreachable });
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    await pass(minute);
    expect(github.taken).toHaveLength(1);
    expect(github.comments).toHaveLength(1);
    expect((await reported())?.commented).toBeDefined();
  });

  it("is retried from the store after a restart of the reporter", async () => {
    const { github, put, shown, start, stop } = await aReporter();
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await stop();
    github.down = undefined;
    await start();
    expect(shown()).toBe("");
  });

  it("is written to its own commit after a newer push", async () => {
    const { change, github, pass, put, respecify } = await aReporter();
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await respecify({ commit: commitB, request: 2 });
    await change(running({}, { commit: commitB, request: 2, attempt: 2 }));
    github.down = undefined;
    await pass(5 * minute);
    expect(github.taken.map(({ commit, state }) => [commit, state])).toEqual([
      [commitA, "success"],
      [commitB, "pending"],
    ]);
  });

  it("waits until GitHub's retry time without requests meanwhile", async () => {
    const { change, clock, github, pass, put, shown } = await aReporter();
    github.faults.push(new GitHubError("RateLimited", "403", { retryAt: clock.now() + 7 * minute }));
    await put({}, { phase: "Done", verdict: aVerdict() });
    await change({ tree: "o2-3" });
    await pass(6 * minute);
    expect(github.calls()).toBe(1);
    await pass(minute);
    expect(shown()).toBe("");
  });

  it("is logged as an error and retried slowly when a right is missing", async () => {
    const { errors, github, pass, put, refusals, shown } = await aReporter();
    github.down = new GitHubError("Unauthorized", "the token lacks repo:status");
    await put({}, { phase: "Done", verdict: aVerdict() });
    await pass(4 * minute);
    expect(github.calls()).toBe(1);
    expect(errors()).toEqual([
      "GitHub refuses writes to the repository; reports wait for the pause and are then retried",
    ]);
    expect(refusals.of("o2")).toBe("the token lacks repo:status");
    github.down = undefined;
    await pass(2 * minute);
    expect(shown()).toBe("");
    expect(refusals.of("o2")).toBeUndefined();
  });

  it("does not delay statuses when only the right to comment is missing, and comments once it is granted", async () => {
    const { change, github, pass, put, refusals, respecify } = await aReporter();
    github.mute = new GitHubError("Unauthorized", "the token lacks public_repo");
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
    expect(refusals.of("o2")).toBe("the token lacks public_repo");
    const pushed = { commit: commitB, request: 2 };
    await respecify(pushed);
    await change({ phase: "Done", verdict: aVerdict({ ...pushed, attempt: 2, result: "Failure", excerpt: "y" }) });
    expect(github.taken.map(({ state }) => state)).toEqual(["error", "error"]);
    github.mute = undefined;
    await pass(6 * minute);
    expect(github.comments.map(({ body }) => body)).toEqual([expect.stringContaining("y")]);
    expect(refusals.of("o2")).toBeUndefined();
  });

  it("is no longer a refusal of the pool once no report waits", async () => {
    const { github, pass, put, refusals, store } = await aReporter();
    github.down = new GitHubError("Unauthorized", "the token lacks repo:status");
    await put({}, { phase: "Done", verdict: aVerdict() });
    await pass(12 * minute);
    expect(refusals.of("o2")).toBe("the token lacks repo:status");
    await store.delete("Build", "o2-build");
    await pass(12 * minute);
    expect(refusals.of("o2")).toBeUndefined();
  });

  it.each([
    ["a status", (github: FakeGitHub) => (github.down = notFound)],
    ["a comment", (github: FakeGitHub) => (github.mute = notFound)],
  ])("is written when access to the repository returns after a 404 for %s", async (_, lose) => {
    const { github, pass, put, refusals, reported } = await aReporter();
    lose(github);
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    await pass(30 * minute);
    expect(refusals.of("o2")).toBe("404 (Not Found)");
    expect((await reported())?.refused).toBeUndefined();
    github.down = github.mute = undefined;
    await pass(6 * minute);
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
    expect(github.comments).toHaveLength(1);
    expect(refusals.of("o2")).toBeUndefined();
  });

  it("asks for a deleted repository once in five minutes", async () => {
    const { change, github, pass, put } = await aReporter();
    github.down = notFound;
    await put({}, { phase: "Done", verdict: aVerdict() });
    for (let hour = 0; hour < 24; hour += 1) {
      await change({ rechecks: hour });
      await pass(60 * minute);
    }
    expect(github.calls()).toBeLessThanOrEqual(24 * 12 + 1);
  });

  it("is not retried after Rejected, and the reason is recorded", async () => {
    const { errors, github, pass, put, reported } = await aReporter();
    github.faults.push(new GitHubError("Rejected", "No commit found for SHA"));
    await put({}, { phase: "Done", verdict: aVerdict() });
    await pass(60 * minute);
    expect(github.calls()).toBe(1);
    expect(await reported()).toMatchObject({ refused: "No commit found for SHA", writes: 0 });
    expect(errors()).toEqual(["GitHub refused a status permanently; it is not retried"]);
  });

  it("does not recreate a deleted Build", async () => {
    const { github, pass, put, quiet, store } = await aReporter();
    github.down = unreachable;
    await put({}, { phase: "Done", verdict: aVerdict() });
    await store.delete("Build", "o2-build");
    await quiet();
    const calls = github.calls();
    await pass(60 * minute);
    expect(github.calls()).toBe(calls);
  });
});
