import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Order } from "../../../src/api/cell/order.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aBuilder, type BuilderFixture, buildObject, commit } from "../../support/builder/builderWorld.ts";

const tasksOf = ({ cells }: BuilderFixture) => cells.orders.map(({ task }) => task);
const warmups = ({ cells }: BuilderFixture) => cells.orders.filter(({ task }) => task === "warmup");

/** Builds pull requests one after the other. */
async function build(fixture: BuilderFixture, ...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    await fixture.store.create("Build", buildObject(number));
    await fixture.verdict(number);
  }
}

describe("the base of a check", () => {
  it("is built in the base cell before the first pull request, once for all", async () => {
    const fixture = await aBuilder();
    fixture.start();
    await build(fixture, 1, 2);
    expect(tasksOf(fixture)).toEqual(["selftest", "warmup", "build", "build"]);
    const [order] = warmups(fixture);
    const { sandbox } = fixture;
    expect(order).toMatchObject({ cell: "base", dependenciesOnly: true });
    expect(order?.paths).toEqual({
      area: join(sandbox, "base/build_hello"),
      tools: join(sandbox, "tools"),
      home: join(sandbox, "base-own/home"),
      tmp: join(sandbox, "base-own/tmp"),
    });
    expect(order).not.toHaveProperty("pullRequest");
    expect(fixture.cells.orders.at(-1)).toMatchObject({
      cell: "build",
      paths: { area: join(sandbox, "area/build_hello/2"), base: join(sandbox, "base/build_hello") },
    });
  });

  it("is not built again after a warm-up that built it, also not by the next process", async () => {
    const fixture = await aBuilder({ warmup: { builds: "All" } });
    const first = fixture.start();
    await build(fixture, 1);
    first.stop.abort();
    await first.ended;
    expect(tasksOf(fixture)).toEqual(["selftest", "warmup", "build"]);
    expect(warmups(fixture)[0]).not.toHaveProperty("dependenciesOnly");
  });

  it("is built again after a change of the recipes, but not of the checked package", async () => {
    const fixture = await aBuilder();
    fixture.start();
    await build(fixture, 1);
    fixture.mirrors.tips["o/hello"] = commit("a");
    await build(fixture, 2);
    expect(warmups(fixture)).toHaveLength(1);
    fixture.mirrors.tips["alisw/alidist"] = commit("b");
    await build(fixture, 3, 4);
    expect(warmups(fixture)).toHaveLength(2);
    expect(warmups(fixture)[1]?.sources.map((source) => source.commit)).toEqual([commit("a"), commit("b")]);
  });

  it("is built again when its folder is gone, and the tool is installed again when it is gone", async () => {
    const fixture = await aBuilder();
    fixture.start();
    await build(fixture, 1);
    rmSync(join(fixture.sandbox, "base/build_hello"), { recursive: true });
    await build(fixture, 2);
    rmSync(join(fixture.sandbox, "tools/alibuild-1.17.44"), { recursive: true });
    await build(fixture, 3, 4);
    expect(tasksOf(fixture).slice(3)).toEqual(["warmup", "build", "selftest", "build", "build"]);
  });

  it("looks a branch of a tool up before every build", async () => {
    const fixture = await aBuilder({ tool: { alibuild: "alisw/alibuild@master" } });
    fixture.start();
    await build(fixture, 1, 2);
    expect(tasksOf(fixture)).toEqual(["selftest", "warmup", "build", "selftest", "build"]);
  });

  it("lets pull requests build when its dependencies do not compile, and is tried again after an hour", async () => {
    const fixture = await aBuilder();
    fixture.cells.script = ({ task }) =>
      task === "warmup" ? Promise.resolve({ kind: "Done", message: "", compiled: false }) : undefined;
    fixture.start();
    await build(fixture, 1, 2);
    expect(warmups(fixture)).toHaveLength(1);
    const path = join(fixture.sandbox, "state/refreshed/build_hello.json");
    const record = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...record, at: record.at - 61 * 60_000 }));
    await build(fixture, 3);
    expect(warmups(fixture)).toHaveLength(2);
  });

  it("fails no pull request when it cannot be built, and is built for the next one", async () => {
    const fixture = await aBuilder();
    const noNetwork = { kind: "Infrastructure", reason: "DependencyFetchFailed", message: "No network" } as const;
    fixture.cells.script = ({ task }) => (task === "warmup" ? Promise.resolve(noNetwork) : undefined);
    fixture.start();
    await fixture.store.create("Build", buildObject(1));
    const { trouble } = await fixture.until(async () => {
      const status = await fixture.build();
      return status?.trouble !== undefined && status;
    });
    expect(trouble).toMatchObject({
      reason: "DependencyFetchFailed",
      message: "The base of build/hello cannot be built: No network",
    });
    expect(tasksOf(fixture)).toEqual(["selftest", "warmup"]);
    fixture.cells.script = () => undefined;
    await build(fixture, 2);
    expect(tasksOf(fixture).slice(2)).toEqual(["warmup", "build"]);
  });

  it("starts no pull request when the heartbeat got too old meanwhile", async () => {
    const fixture = await aBuilder();
    let leap = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + leap };
    fixture.cells.script = ({ task }) => {
      if (task === "warmup") leap = 61_000;
      return undefined;
    };
    fixture.start({ clock });
    await fixture.store.create("Build", buildObject(1));
    const { trouble } = await fixture.until(async () => {
      const status = await fixture.build();
      return status?.trouble !== undefined && status;
    });
    expect(trouble).toMatchObject({ reason: "HeartbeatLost" });
    expect(tasksOf(fixture)).not.toContain("build");
  });
});

describe("the work areas of a builder", () => {
  it("hold only the running pull request, and a crashed process leaves none behind", async () => {
    const fixture = await aBuilder();
    const seen: string[] = [];
    const areas = join(fixture.sandbox, "area/build_hello");
    fixture.cells.script = (order: Order) => {
      if (order.task === "build") seen.push(...readdirSync(areas));
      return undefined;
    };
    mkdirSync(join(areas, "9/hello"), { recursive: true });
    mkdirSync(join(areas, "8/hello"), { recursive: true });
    await fixture.store.create("Build", buildObject(9));
    fixture.start();
    await build(fixture, 1, 2);
    await fixture.verdict(9);
    expect(seen.toSorted()).toEqual(["1", "2", "9"]);
    await fixture.until(async () => readdirSync(areas).length === 0);
    // No Build names pull request 8, so its work area is parked and then deleted.
    const parked = join(fixture.sandbox, "parked/build_hello");
    await fixture.until(async () => !existsSync(join(parked, "8")));
    expect(readdirSync(parked).toSorted()).toEqual(["1", "2", "9"]);
  });

  it("are deleted by the build cell after the pull request was closed", async () => {
    const fixture = await aBuilder();
    fixture.start();
    await build(fixture, 1, 2);
    await fixture.store.delete("Build", "o2-hello-1");
    await build(fixture, 3);
    const order = await fixture.until(async () => fixture.cells.orders.find(({ task }) => task === "delete"));
    expect(order).toMatchObject({ cell: "build", paths: { area: join(fixture.sandbox, "area/build_hello/1") } });
    const parked = join(fixture.sandbox, "parked/build_hello");
    await fixture.until(async () => existsSync(join(parked, "3")));
    expect(readdirSync(parked).toSorted()).toEqual(["2", "3"]);
  });

  it("are deleted oldest first while the disk is short, except the newest", async () => {
    const fixture = await aBuilder({ cleanup: { minFree: "1000Ti" } });
    fixture.start({ ownVolume: true });
    await build(fixture, 1, 2, 3);
    const parked = join(fixture.sandbox, "parked/build_hello");
    await fixture.until(async () => existsSync(join(parked, "3")) && readdirSync(parked).length === 1);
    const deleted = fixture.cells.orders.filter(({ task }) => task === "delete").map(({ paths }) => paths.area);
    expect(deleted).toEqual(["1", "2"].map((number) => join(fixture.sandbox, "area/build_hello", number)));
  });

  it("share one area with the number 0 for a check with a shared tree", async () => {
    const fixture = await aBuilder({ sharedTree: true, trust: { approvals: "Strict" } });
    fixture.start();
    await build(fixture, 1, 2);
    const areas = fixture.cells.orders.filter(({ task }) => task === "build").map(({ paths }) => paths.area);
    expect(areas).toEqual(Array(2).fill(join(fixture.sandbox, "area/build_hello/0")));
  });
});
