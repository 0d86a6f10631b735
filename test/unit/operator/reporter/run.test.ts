import { describe, expect, it } from "vitest";
import { aBuild, aVerdict, commitA, link, running } from "../../../support/objects/reportedBuild.ts";
import { aReporter, context, minute, second, unreachable } from "./world.ts";

describe("the reporter", () => {
  it("writes the start and the verdict of a build to GitHub, and nothing else", async () => {
    const { change, github, put, reported, shown } = await aReporter();
    await put({}, running());
    expect(shown()).toBe("Started Mon 19:12 CET on o2-3");
    await change({ phase: "Done", verdict: aVerdict() });
    expect(github.taken.map(({ state }) => state)).toEqual(["pending", "success"]);
    expect(await reported()).toMatchObject({ state: "success", url: link, writes: 2, request: 1 });
  });

  it("writes nothing at rest, or after a restart", async () => {
    const { github, pass, put, restart, store } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict() });
    const [calls, version] = [github.calls(), (await store.get("Build", "o2-build"))?.metadata.resourceVersion];
    await restart();
    await pass(60 * minute);
    expect(github.calls()).toBe(calls);
    expect((await store.get("Build", "o2-build"))?.metadata.resourceVersion).toBe(version);
  });

  it("writes only the last of several changes after an outage of GitHub", async () => {
    const { change, github, pass, put } = await aReporter();
    github.down = unreachable;
    await put({}, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure" }) });
    github.down = undefined;
    await pass(minute);
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
  });

  it("comments once on a failed build", async () => {
    const { github, put, reported, restart } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("x: error: y");
    expect((await reported())?.commented).toBeDefined();
    await restart();
    expect(github.calls()).toBe(2);
  });

  it("changes only status.reported, despite concurrent writes", async () => {
    const { change, clock, github, put, quiet, store } = await aReporter();
    github.down = unreachable;
    await put({}, running());
    github.down = undefined;
    await change({ step: "merge" });
    await Promise.all([clock.advance(2 * second), change({ step: "build" })]);
    await quiet();
    const status = (await store.get("Build", "o2-build"))?.status;
    expect(status).toMatchObject({ phase: "Running", step: "build", reported: { state: "pending" } });
  });

  it("writes nothing for a silent Build on any path", async () => {
    const { change, github, put } = await aReporter();
    await put({ silent: true }, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    expect(github.calls()).toBe(0);
  });

  it("publishes held verdicts as soon as the pool is no longer silent", async () => {
    const { github, put, setPool } = await aReporter();
    await setPool({ silent: true });
    await put({}, { phase: "Done", verdict: aVerdict() });
    expect(github.calls()).toBe(0);
    await setPool({ silent: false });
    expect(github.taken).toHaveLength(1);
  });

  it("does not report the builds of a silent builder", async () => {
    const { change, github, put } = await aReporter();
    await put({}, running({}, { builder: "o2-4" }));
    await change({ phase: "Done", verdict: aVerdict({ silent: true, builder: "o2-4" }) });
    expect(github.calls()).toBe(0);
  });

  it("requests approval on a Build without a status", async () => {
    const { quiet, reported, shown, store } = await aReporter();
    await store.create("Build", aBuild({ request: 0, blocked: { reason: "Untrusted", message: "m" } }));
    await quiet();
    expect(shown()).toBe("Security: approval needed, not starting");
    expect(await reported()).toMatchObject({ request: 0, writes: 1 });
  });

  it("waits at most ten minutes, by its own clock, for the log of a verdict", async () => {
    const { github, pass, put } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ log: { path: "p", url: link, stored: false } }) });
    await pass(9 * minute);
    expect(github.calls()).toBe(0);
    await pass(minute);
    expect(github.status(commitA, context)?.url).toBe(link);
  });

  it("posts a verdict at once after its log is stored", async () => {
    const { change, github, put } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ log: { path: "p", url: link, stored: false } }) });
    await change({ verdict: aVerdict() });
    expect(github.taken).toHaveLength(1);
  });
});
