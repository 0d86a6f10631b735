import { describe, expect, it } from "vitest";
import { aBuild, aVerdict, commitA, link, running } from "../../../support/objects/reportedBuild.ts";
import { aReporter, context, minute, second, unreachable } from "./world.ts";

describe("the reporter", () => {
  it("tells GitHub of a build's start and of its verdict, and nothing else", async () => {
    const { change, github, put, reported, shown } = await aReporter();
    await put({}, running());
    expect(shown()).toBe("Started Mon 19:12 CET on o2-3");
    await change({ phase: "Done", verdict: aVerdict() });
    expect(github.taken.map(({ state }) => state)).toEqual(["pending", "success"]);
    expect(await reported()).toMatchObject({ state: "success", url: link, writes: 2, request: 1 });
  });

  it("writes nothing at rest, also after a restart", async () => {
    const { github, pass, put, restart, store } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict() });
    const [calls, version] = [github.calls(), (await store.get("Build", "o2-build"))?.metadata.resourceVersion];
    await restart();
    await pass(60 * minute);
    expect(github.calls()).toBe(calls);
    expect((await store.get("Build", "o2-build"))?.metadata.resourceVersion).toBe(version);
  });

  it("writes only the last of several changes that come while GitHub is away", async () => {
    const { change, github, pass, put } = await aReporter();
    github.down = unreachable;
    await put({}, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure" }) });
    github.down = undefined;
    await pass(minute);
    expect(github.taken.map(({ state }) => state)).toEqual(["error"]);
  });

  it("comments on a failed build, once", async () => {
    const { github, put, reported, restart } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("x: error: y");
    expect((await reported())?.commented).toBeDefined();
    await restart();
    expect(github.calls()).toBe(2);
  });

  it("changes nothing but status.reported, though others write at the same time", async () => {
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

  it("keeps a Build's silence on every path", async () => {
    const { change, github, put } = await aReporter();
    await put({ silent: true }, running());
    await change({ phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) });
    expect(github.calls()).toBe(0);
  });

  it("publishes what it held back as soon as the pool is no longer silent", async () => {
    const { github, put, setPool } = await aReporter();
    await setPool({ silent: true });
    await put({}, { phase: "Done", verdict: aVerdict() });
    expect(github.calls()).toBe(0);
    await setPool({ silent: false });
    expect(github.taken).toHaveLength(1);
  });

  it("does not announce what a silent builder builds", async () => {
    const { change, github, put } = await aReporter();
    await put({}, running({}, { builder: "o2-4" }));
    await change({ phase: "Done", verdict: aVerdict({ silent: true, builder: "o2-4" }) });
    expect(github.calls()).toBe(0);
  });

  it("asks for approval on a Build that has no status at all", async () => {
    const { quiet, reported, shown, store } = await aReporter();
    await store.create("Build", aBuild({ request: 0, blocked: { reason: "Untrusted", message: "m" } }));
    await quiet();
    expect(shown()).toBe("Security: approval needed, not starting");
    expect(await reported()).toMatchObject({ request: 0, writes: 1 });
  });

  it("waits for the log of a verdict by its own clock, and no longer than ten minutes", async () => {
    const { github, pass, put } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ log: { path: "p", url: link, stored: false } }) });
    await pass(9 * minute);
    expect(github.calls()).toBe(0);
    await pass(minute);
    expect(github.status(commitA, context)?.url).toBe(link);
  });

  it("posts at once when the log is stored", async () => {
    const { change, github, put } = await aReporter();
    await put({}, { phase: "Done", verdict: aVerdict({ log: { path: "p", url: link, stored: false } }) });
    await change({ verdict: aVerdict() });
    expect(github.taken).toHaveLength(1);
  });
});
