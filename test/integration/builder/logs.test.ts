import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CellEvent, Outcome } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import { BuildResult } from "../../../src/api/logs/result.ts";
import { explainBuild } from "../../../src/core/queue/explain.ts";
import { aBuilder, buildObject, commit } from "../../support/builder/builderWorld.ts";
import { failure } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

describe("logs on the way to the log store", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const log = async (order: Order, on: (event: CellEvent) => void): Promise<Outcome> => {
    if (order.task !== "build") return { kind: "Done", message: "" };
    on({ event: "logFile", path: "BUILD/hello-latest/log", startedAt: at, finishedAt: at, bytes: 5 });
    on({ event: "logText", text: "hello" });
    return failure;
  };
  const directory = `o/hello/1/${commit(1)}/build_hello`;

  it("are complete when the verdict is written", async () => {
    const { cells, sandbox, start, store, verdict } = await aBuilder();
    cells.script = log;
    await store.create("Build", buildObject(1));
    start();
    expect((await verdict()).log).toEqual({
      path: `${directory}/pretty.html`,
      url: `http://logs.test/${directory}/pretty.html`,
      stored: true,
    });
    const read = (file: string) => readFileSync(join(sandbox, "../logs", directory, file), "utf8");
    expect(read("fullLog.txt")).toContain("Finished building on testhost at ");
    expect(read("fullLog.txt")).toContain(
      "## Begin BUILD/hello-latest/log 2026-01-01 00:00:00\nhello\n## End BUILD/hello-latest/log",
    );
    expect(read("pretty.html")).toContain("The build failed");
  });

  it("come with a result page and result.json, which name the commits that were merged and built", async () => {
    const { cells, mirrors, sandbox, start, store, until, verdict, build, self } = await aBuilder();
    const fetch = mirrors.fetch.bind(mirrors);
    let tip = commit("a");
    mirrors.fetch = async (request, signal) => ({ ...(await fetch(request, signal)), commit: tip });
    cells.script = async (order, on) => {
      const outcome = await log(order, on);
      return outcome.kind === "Verdict" ? { ...outcome, mergeBase: commit("c"), mergeCommit: commit("d") } : outcome;
    };
    await store.create("Build", buildObject(1));
    start();
    const sources = [
      { repository: "o/hello", directory: "hello", commit: commit("a") },
      { repository: "alisw/alidist", directory: "alidist", commit: commit("a") },
    ];
    expect((await verdict()).sources).toEqual(sources);
    const read = (number: number, file: string) =>
      readFileSync(join(sandbox, `../logs/o/hello/${number}/${commit(number)}/build_hello`, file), "utf8");
    const result = BuildResult.parse(JSON.parse(read(1, "result.json")));
    expect(result).toMatchObject({
      ...{ version: 1, check: "build/hello", repository: "o/hello", number: 1, commit: commit(1), branch: "master" },
      ...{ baseCommit: commit("a"), mergeBase: commit("c"), mergeCommit: commit("d"), developmentPackages: sources },
      ...{ olderBase: [], result: "Failure", builder: "o2-0", alibuild: "1.17.44", silent: false },
      links: {
        page: `http://logs.test/${directory}/pretty.html`,
        log: `http://logs.test/${directory}/fullLog.txt`,
        pullRequest: "https://github.com/o/hello/pull/1",
      },
    });
    expect(read(1, "pretty.html")).toContain(`<dt>Merged into</dt><dd>master at <code>${commit("a")}</code></dd>`);
    expect(read(1, "pretty.html")).toContain('href="result.json"');

    // The base moves, and a later build sees it. The first verdict now answers an older base.
    tip = commit("b");
    await store.create("Build", buildObject(2));
    await until(async () => (await build(2))?.verdict !== undefined);
    await until(async () => (await self())?.bases?.some((one) => one.sources?.[0]?.commit === tip));
    const pool = await store.list("Build");
    const explained = explainBuild(pool.find(({ spec }) => spec.number === 1) ?? expect.fail(), {
      ...{ builds: pool, builders: await store.list("Builder"), now: Date.now() },
      partition: { strategy: "Affinity", patience: "10m" },
    });
    expect(explained).toContain(
      `; the base has moved since: o/hello is at ${tip.slice(0, 10)}, alisw/alidist is at ${tip.slice(0, 10)}; rechecks follow`,
    );
  });

  it("delay no verdict while the log store is down, and arrive after a restart (W-3, W-5)", async () => {
    const { build, cells, logs, sandbox, start, store, until, verdict } = await aBuilder();
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    const first = start({ clock: hurriedClock() });
    expect(await verdict()).toMatchObject({ result: "Failure", log: { stored: false } });
    first.kill.abort();
    await first.ended;
    logs.isDown = false;
    start();
    await until(async () => (await build())?.verdict?.log?.stored === true);
    expect(readFileSync(join(sandbox, "../logs", directory, "fullLog.txt"), "utf8")).toContain("hello");
  });

  it("arrive for an earlier commit too when the log store was down during both verdicts", async () => {
    const { build, cells, logs, sandbox, start, store, until, verdict } = await aBuilder();
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    start({ clock: hurriedClock() });
    expect(await verdict()).toMatchObject({ commit: commit(1), log: { stored: false } });
    const pushed = (await store.get("Build", "o2-hello-1")) ?? expect.fail();
    await store.update("Build", { ...pushed, spec: { ...pushed.spec, commit: commit("a"), request: 2 } });
    await until(async () => (await build())?.verdict?.commit === commit("a"));
    logs.isDown = false;
    await until(async () => (await build())?.verdict?.log?.stored === true);
    await until(async () => readdirSync(join(sandbox, "state/pending-logs")).length === 0);
    for (const tip of [commit(1), commit("a")]) {
      const file = join(sandbox, `../logs/o/hello/1/${tip}/build_hello/fullLog.txt`);
      expect(readFileSync(file, "utf8")).toContain("hello");
    }
  });

  it("are dropped when a later verdict on the same commit has its own", async () => {
    const { build, cells, logs, sandbox, start, store, until, verdict } = await aBuilder();
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    start({ clock: hurriedClock() });
    await verdict();
    const again = (await store.get("Build", "o2-hello-1")) ?? expect.fail();
    await store.update("Build", { ...again, spec: { ...again.spec, request: 2 } });
    await until(async () => (await build())?.verdict?.request === 2);
    await until(async () => readdirSync(join(sandbox, "state/pending-logs")).join() === "o2-hello-1.2");
  });

  it("are dropped when the log service refuses the log of a deleted Build", async () => {
    const { cells, logs, sandbox, self, start, store, until, verdict } = await aBuilder();
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    start({ clock: hurriedClock() });
    expect(await verdict()).toMatchObject({ log: { stored: false } });
    await until(async () => (await self())?.message?.includes("The log store takes no logs"));
    await store.delete("Build", buildObject(1).metadata.name);
    logs.refuses = true;
    logs.isDown = false;
    await until(async () => (await self())?.message?.includes("The log store takes no logs") !== true);
    expect(readdirSync(join(sandbox, "state/pending-logs"))).toEqual([]);
  });
});

describe("the versions of a builder", () => {
  it("stay within the bounds of its status", async () => {
    const { cells, self, start, store, until, verdict } = await aBuilder();
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`tool-${n}`, "x".repeat(200)]));
    cells.script = async (order) =>
      order.task === "build"
        ? { ...failure, versions: many }
        : { kind: "Done", message: "", versions: { aliBuild: "1" } };
    await store.create("Build", buildObject(1));
    start();
    await verdict();
    const found = () => self().then((status) => status?.versions ?? {});
    await until(async () => "tool-0" in (await found()));
    expect(Object.keys(await found())).toHaveLength(32);
    expect(await found()).toHaveProperty("aliBuild");
  });
});
