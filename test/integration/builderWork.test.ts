import { mkdirSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CellEvent, Outcome } from "../../src/api/event.ts";
import type { Stored } from "../../src/api/kinds.ts";
import type { Order } from "../../src/api/order.ts";
import { MirrorFailure } from "../../src/builder/mirrors.ts";
import type { Clock } from "../../src/system/clock.ts";
import { systemClock } from "../../src/system/clock.ts";
import { aBuilder, type BuilderFixture, buildObject, commit } from "../support/builder/builderWorld.ts";
import { endless } from "../support/builder/scriptedCells.ts";

/** Pauses are cut short; everything else is as it is. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 30), signal),
};

const statusOf = async ({ store }: BuilderFixture, number = 1) =>
  (await store.get("Build", `o2-hello-${number}`))?.status;
const builderOf = async ({ store }: BuilderFixture) => (await store.get("Builder", "o2-0"))?.status;

async function change(fixture: BuilderFixture, edit: (build: Stored<"Build">) => Stored<"Build">, number = 1) {
  const build = await fixture.store.get("Build", `o2-hello-${number}`);
  if (build === undefined) throw new Error("no build");
  return edit(build);
}

/** What the system says of a write to a disk that is full. */
function noSpace(): unknown {
  try {
    return writeFileSync("/dev/full", "\n");
  } catch (error) {
    return error;
  }
}

const failure: Outcome = {
  kind: "Verdict",
  result: "Failure",
  description: "",
  findings: { sections: [], preview: ["hello.cc:1: error: expected ';'"] },
};

describe("a builder at work", () => {
  it("W-10: stops the build of a commit that has a successor and builds that one next", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, until } = fixture;
    await store.create("Build", buildObject(1));
    cells.script = (order, _on, signal) => (order.pullRequest?.commit === commit(1) ? endless(signal) : undefined);
    start();
    await until(async () => cells.running() > 0 && cells.orders.at(-1)?.task === "build");
    const pushed = await change(fixture, (build) => ({
      ...build,
      spec: { ...build.spec, commit: commit("a"), request: 2 },
    }));
    await store.update("Build", pushed);
    const status = await until(async () => {
      const now = await statusOf(fixture);
      return now?.verdict !== undefined && now;
    });
    expect(status.verdict).toMatchObject({ commit: commit("a"), request: 2, attempt: 2 });
    expect(status.trouble).toBeUndefined();
  });

  it("stops when the pull request is closed", async () => {
    const { store, cells, start, until } = await aBuilder();
    await store.create("Build", buildObject(1));
    cells.script = (order, _on, signal) => (order.task === "build" ? endless(signal) : undefined);
    start();
    await until(async () => cells.running() > 0 && cells.orders.at(-1)?.task === "build");
    await store.delete("Build", "o2-hello-1");
    await until(async () => cells.running() === 0);
  });

  it("drops a verdict that comes after its claim was taken back", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, until } = fixture;
    await store.create("Build", buildObject(1));
    const late = Promise.withResolvers<Outcome>();
    cells.script = (order) => (order.task === "build" ? late.promise : undefined);
    start();
    await until(async () => (await statusOf(fixture))?.phase === "Running");
    const taken = await change(fixture, (build) => {
      const { claim: _, ...rest } = build.status ?? { phase: "Queued", attempt: 1 };
      return { ...build, status: { ...rest, phase: "Queued", attempt: 7 } };
    });
    await store.updateStatus("Build", taken);
    late.resolve(failure);
    const status = await until(async () => {
      const now = await statusOf(fixture);
      return now?.phase === "Done" && now;
    });
    expect(status.verdict?.attempt).toBe(8);
    expect(cells.orders.filter(({ task }) => task === "build")).toHaveLength(2);
  });

  it("never calls a fetch that failed a conflict: the build goes back with the reason (W-2)", async () => {
    const fixture = await aBuilder();
    const { store, mirrors, start, until } = fixture;
    start();
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    mirrors.failure = new MirrorFailure("FetchFailed", "o/hello could not be fetched: no route to host");
    await store.create("Build", buildObject(1));
    const status = await until(async () => {
      const now = await statusOf(fixture);
      return now?.trouble !== undefined && now;
    });
    expect(status).toMatchObject({
      phase: "Queued",
      trouble: { reason: "FetchFailed", message: "o/hello could not be fetched: no route to host", count: 1 },
    });
    expect(status.verdict).toBeUndefined();
  });

  it("puts itself in quarantine when builds keep failing and the self-test does too, instead of reddening the queue (W-45)", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, until } = fixture;
    start({ clock: hurried });
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    cells.script = async (order) =>
      order.task === "selftest"
        ? { kind: "Infrastructure", reason: "SelfTestFailed", message: "The compiler does not work" }
        : { kind: "Infrastructure", reason: "DependencyFetchFailed", message: "No network" };
    for (const number of [1, 2, 3, 4, 5]) await store.create("Build", buildObject(number));
    const status = await until(async () => {
      const now = await builderOf(fixture);
      return now?.phase === "Quarantined" && now;
    });
    expect(status.message).toContain("The compiler does not work");
    expect(cells.orders.filter(({ task }) => task === "build")).toHaveLength(3);
    cells.script = () => undefined;
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    await until(async () => (await statusOf(fixture, 5))?.verdict?.result === "Success");
  });

  it("remembers what it finds in silence (W-11), and is silent by its pool, its check, its object or a file", async () => {
    const silences: readonly object[] = [{ silent: true }, { checks: [{ name: "build/hello", silent: true }] }];
    for (const spec of silences) {
      const fixture = await aBuilder(spec);
      await fixture.store.create("Build", buildObject(1));
      fixture.start();
      await fixture.until(async () => (await statusOf(fixture))?.verdict?.silent === true);
    }
    const fixture = await aBuilder();
    mkdirSync(join(fixture.sandbox, "config"), { recursive: true });
    writeFileSync(join(fixture.sandbox, "config/silent"), "true");
    await fixture.store.create("Build", buildObject(1));
    fixture.start();
    await fixture.until(async () => (await statusOf(fixture))?.verdict?.silent === true);
    expect((await builderOf(fixture))?.silent).toBe(true);
  });

  it("gives the limits of config files to its orders and warns of an empty one (W-23)", async () => {
    const fixture = await aBuilder();
    mkdirSync(join(fixture.sandbox, "config"), { recursive: true });
    writeFileSync(join(fixture.sandbox, "config/long-timeout"), "90m\n");
    writeFileSync(join(fixture.sandbox, "config/timeout"), "");
    await fixture.store.create("Build", buildObject(1));
    fixture.start();
    await fixture.until(async () => (await statusOf(fixture))?.phase === "Done");
    const order = fixture.cells.orders.find(({ task }) => task === "build");
    expect(order?.check.timeouts).toEqual({ command: "120s", build: "5400000ms" });
    expect((await builderOf(fixture))?.message).toContain("config/timeout is empty");
    expect(readFileSync(join(fixture.sandbox, "config/worker-index"), "utf8")).toBe("0\n");
  });

  it("W-41: on a disk it shares, keeps at most a tenth free, however much the pool asks for", async () => {
    for (const ownVolume of [false, true]) {
      const fixture = await aBuilder({ cleanup: { minFree: "1000Ti" } });
      await fixture.store.create("Build", buildObject(1));
      fixture.start({ ownVolume });
      await fixture.until(async () => (await statusOf(fixture))?.phase === "Done");
      const minFree = fixture.cells.orders.find(({ task }) => task === "build")?.limits.minFree ?? 0;
      const { blocks, bsize } = statfsSync(fixture.sandbox);
      expect(minFree).toBe(ownVolume ? 1000 * 2 ** 40 : Math.floor((blocks * bsize) / 10));
    }
  });

  it.runIf(process.platform === "linux")("builds on, and stays warm, when its area cannot be cleaned", async () => {
    const fixture = await aBuilder({ cleanup: { minFree: "1000Ti" } });
    const { store, cells, start, until } = fixture;
    cells.script = (order) => (order.task === "clean" ? Promise.reject(noSpace()) : undefined);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    const { readiness } = start({ ownVolume: true });
    await until(async () => (await statusOf(fixture, 1))?.verdict && (await statusOf(fixture, 2))?.verdict);
    expect(cells.orders.filter(({ task }) => task === "clean").length).toBeGreaterThan(0);
    expect(readiness).toEqual([true]);
  });

  it("names the areas of checks that are gone to the cell that cleans, not those of checks that are broken", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/broken", checkout: "nowhere" }];
    const fixture = await aBuilder({ cleanup: { minFree: "1000Ti" }, checks });
    const { store, cells, start, until, sandbox } = fixture;
    for (const area of ["build_hello", "build_broken", "build_gone"])
      mkdirSync(join(sandbox, "area", area), { recursive: true });
    await store.create("Build", buildObject(1));
    start({ ownVolume: true });
    const clean = await until(async () => cells.orders.find(({ task }) => task === "clean"));
    expect(clean.paths.gone).toEqual([join(sandbox, "area/build_gone")]);
    expect(cells.orders.find(({ task }) => task === "build")?.paths.gone).toBeUndefined();
  });

  it("builds only what force-hashes names", async () => {
    const fixture = await aBuilder();
    const { store, start, until, sandbox } = fixture;
    mkdirSync(sandbox, { recursive: true });
    writeFileSync(join(sandbox, "force-hashes"), `untested 2 ${commit(2)} hello\n`);
    for (const number of [1, 2]) await store.create("Build", buildObject(number));
    start();
    await until(async () => (await statusOf(fixture, 2))?.phase === "Done");
    expect(await statusOf(fixture, 1)).toBeUndefined();
  });

  it("keeps the lines for the comment with a failure, and only there", async () => {
    const fixture = await aBuilder();
    const { store, cells, start, until } = fixture;
    cells.script = async (order) => (order.task === "build" ? failure : { kind: "Done", message: "" });
    await store.create("Build", buildObject(1));
    start();
    const verdict = await until(async () => (await statusOf(fixture))?.verdict);
    expect(verdict.excerpt).toBe("hello.cc:1: error: expected ';'");
  });
});

describe("a warm-up", () => {
  it("distrusts the marker of an earlier process", async () => {
    const fixture = await aBuilder();
    const { cells, sandbox, start, until } = fixture;
    mkdirSync(join(sandbox, "state"), { recursive: true });
    const marker = join(sandbox, "state/ready");
    writeFileSync(marker, '{"incarnation":"process-0","revision":"r1","at":"2026-01-01T00:00:00.000Z"}\n');
    cells.script = (_order, _on, signal) => endless(signal);
    start();
    await until(async () => cells.running() > 0);
    expect(() => readFileSync(marker)).toThrow("ENOENT");
    const status = await until(async () => (await builderOf(fixture))?.warmup && builderOf(fixture));
    expect(status).toMatchObject({ phase: "Warming", warmup: { done: 2, total: 3 } });
  });

  it("builds the base branch of every check, and a base that does not compile is said but no obstacle", async () => {
    const checks = [{ name: "build/hello" }, { name: "build/other", branch: "next" }];
    const fixture = await aBuilder({ warmup: { builds: "All" }, checks });
    const { cells, start, until } = fixture;
    cells.script = async (order) => ({
      kind: "Done",
      message: "",
      ...(order.task === "warmup" && { compiled: order.check.name === "build/hello" }),
    });
    start();
    const status = await until(async () => {
      const now = await builderOf(fixture);
      return now?.phase === "Ready" && now;
    });
    expect(cells.orders.map(({ task }) => task)).toEqual(["selftest", "warmup", "warmup"]);
    expect(status.message).toBe("next does not compile for build/other");
  });

  it("is shown with names as long as a pool may have them", async () => {
    const checks = [{ name: `build/${"n".repeat(190)}`, branch: "b".repeat(200) }];
    const fixture = await aBuilder({ warmup: { builds: "All" }, checks });
    fixture.cells.script = (order, _on, signal) => (order.task === "warmup" ? endless(signal) : undefined);
    fixture.start();
    const doing = await fixture.until(async () => (await builderOf(fixture))?.warmup?.doing);
    expect(doing).toMatch(/^Building b+ for build\/n+$/);
  });

  it("tries an infrastructure failure again, shows it, and is not Ready before it passed", async () => {
    const fixture = await aBuilder();
    const { cells, start, until } = fixture;
    let tries = 0;
    const seen: string[] = [];
    cells.script = async () => {
      tries += 1;
      seen.push((await builderOf(fixture))?.phase ?? "");
      if (tries < 4) return { kind: "Infrastructure", reason: "ToolInstallFailed", message: "pip found no network" };
      return { kind: "Done", message: "" };
    };
    start({ clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 700), signal) } });
    await until(async () => (await builderOf(fixture))?.warmup?.failures?.some((text) => text.includes("pip found")));
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
    expect(tries).toBe(4);
    expect(seen.slice(1)).toEqual(["Warming", "Warming", "Warming"]);
    expect((await builderOf(fixture))?.warmup?.failures).toBeUndefined();
  });

  it("makes no progress while a step fails again and again, until a try gets further than those before", async () => {
    const fixture = await aBuilder();
    const { cells, start, until } = fixture;
    const held = new Map([1, 4].map((number) => [number, Promise.withResolvers<void>()]));
    onTestFinished(() => {
      for (const { resolve } of held.values()) resolve();
    });
    let tries = 0;
    let tell = () => {};
    cells.script = async (_, on) => {
      tries += 1;
      tell = () => on({ event: "step", step: "prepare" });
      tell();
      await held.get(tries)?.promise;
      if (tries < 4) return { kind: "Infrastructure", reason: "ToolInstallFailed", message: "pip found no network" };
      return { kind: "Done", message: "" };
    };
    const progress = async () => Date.parse((await builderOf(fixture))?.warmup?.progressAt ?? "");
    start({ clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 700), signal) } });
    await until(async () => tries === 1 && (await progress()) > 0);
    const firstFailed = Date.now();
    held.get(1)?.resolve();
    await until(async () => tries === 4 && (await builderOf(fixture))?.warmup?.failures?.length === 1);
    expect(await progress()).toBeLessThanOrEqual(firstFailed);
    await until(async () => {
      tell();
      return (await progress()) > firstFailed;
    });
    held.get(4)?.resolve();
    await until(async () => (await builderOf(fixture))?.phase === "Ready");
  });
});

describe("logs on their way", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const log = async (order: Order, on: (event: CellEvent) => void): Promise<Outcome> => {
    if (order.task !== "build") return { kind: "Done", message: "" };
    on({ event: "logFile", path: "BUILD/hello-latest/log", startedAt: at, finishedAt: at, bytes: 5 });
    on({ event: "logText", text: "hello" });
    return failure;
  };
  const place = (number: number) => `o/hello/${number}/${commit(number)}/build_hello`;

  it("arrive with the verdict, complete", async () => {
    const fixture = await aBuilder();
    fixture.cells.script = log;
    await fixture.store.create("Build", buildObject(1));
    fixture.start();
    const verdict = await fixture.until(async () => (await statusOf(fixture))?.verdict);
    expect(verdict.log).toEqual({
      path: `${place(1)}/pretty.html`,
      url: `http://logs.test/${place(1)}/pretty.html`,
      stored: true,
    });
    const text = readFileSync(join(fixture.sandbox, "../logs", place(1), "fullLog.txt"), "utf8");
    expect(text).toContain("Finished building on testhost at ");
    expect(text).toContain("## Begin BUILD/hello-latest/log 2026-01-01 00:00:00\nhello\n## End BUILD/hello-latest/log");
    expect(readFileSync(join(fixture.sandbox, "../logs", place(1), "pretty.html"), "utf8")).toContain(
      "The build failed",
    );
  });

  it("cost no verdict while the log store is down, and arrive after a restart (W-3, W-5)", async () => {
    const fixture = await aBuilder();
    const { cells, logs, start, store, until } = fixture;
    cells.script = log;
    logs.isDown = true;
    await store.create("Build", buildObject(1));
    const first = start({ clock: hurried });
    const verdict = await until(async () => (await statusOf(fixture))?.verdict);
    expect(verdict).toMatchObject({ result: "Failure", log: { stored: false } });
    first.kill.abort();
    await first.ended;
    logs.isDown = false;
    start();
    await until(async () => (await statusOf(fixture))?.verdict?.log?.stored === true);
    expect(readFileSync(join(fixture.sandbox, "../logs", place(1), "fullLog.txt"), "utf8")).toContain("hello");
  });
});
