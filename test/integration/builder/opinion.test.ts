import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BuildSpec } from "../../../src/api/objects/build.ts";
import type { BuilderStatus } from "../../../src/api/objects/builder.ts";
import { apiVersion, cleanAnnotation, poolLabel } from "../../../src/api/objects/group.ts";
import { aBuilder, type BuilderFixture, buildObject } from "../../support/builder/builderWorld.ts";
import { failure } from "../../support/builder/scriptedCells.ts";
import { hurriedClock } from "../../support/hurriedClock.ts";

/** Another ready builder of the pool, whose verdicts the test writes. */
async function addOther({ store }: BuilderFixture, changes: Partial<BuilderStatus> = {}): Promise<void> {
  const other = await store.create("Builder", {
    apiVersion,
    kind: "Builder",
    metadata: { name: "o2-1", labels: { [poolLabel]: "o2" } },
    spec: { pool: "o2", desired: "Active", workerIndex: 1, poolSize: 2, external: false },
  });
  const warm = { incarnation: "x", revision: "r1", at: "2026-01-01T00:00:00.000Z" };
  const status = { phase: "Ready", incarnation: "x", revision: "r1", warm, ...changes } as const;
  await store.updateStatus("Builder", { ...other, status });
}

async function withdraw({ store }: BuilderFixture, number: number): Promise<void> {
  const build = await store.get("Build", `o2-hello-${number}`);
  if (build === undefined) throw new Error("no build");
  const attempt = build.status?.verdict?.attempt ?? 0;
  const opinion: BuildSpec["opinion"] = { kind: "Withdrawn", of: "o2-0", attempt };
  await store.update("Build", { ...build, spec: { ...build.spec, opinion, request: build.spec.request + 1 } });
}

async function giveOpinion({ store }: BuilderFixture, number: number, result: "Success" | "Failure"): Promise<void> {
  const build = await store.get("Build", `o2-hello-${number}`);
  const last = build?.status?.verdict;
  if (build?.status === undefined || last === undefined) throw new Error("no verdict");
  const { excerpt: _, ...past } = last;
  const verdict = { ...last, result, builder: "o2-1", attempt: last.attempt + 1, request: last.request + 1 };
  const status = { ...build.status, attempt: verdict.attempt, verdict, history: [past] };
  await store.updateStatus("Build", { ...build, status });
}

/** The trees of a builder: its bases, its work areas of pull requests, and its records of fresh bases. */
function treesIn(sandbox: string): readonly string[] {
  const [bases, areas, records] = ["base", "parked", "state/refreshed"].map((folder) => join(sandbox, folder));
  const namesIn = (folder = "") => (existsSync(folder) ? readdirSync(folder).sort() : []);
  return [
    ...namesIn(bases).map((name) => `base/${name}`),
    ...namesIn(areas).flatMap((name) => namesIn(join(areas ?? "", name)).map((area) => `parked/${name}/${area}`)),
    ...namesIn(records).map((name) => `refreshed/${name}`),
  ];
}

async function withThreeReds(): Promise<BuilderFixture> {
  const fixture = await aBuilder();
  const { cells, store, reaches, start, verdict } = fixture;
  await addOther(fixture);
  cells.script = (order) => (order.task === "build" ? Promise.resolve(failure) : undefined);
  start({ clock: hurriedClock() });
  await reaches("Ready");
  for (const number of [1, 2, 3]) {
    await store.create("Build", buildObject(number));
    await verdict(number);
  }
  await store.create("Build", buildObject(4));
  return fixture;
}

describe("a builder with three red verdicts in a row", () => {
  it("gives no fourth one before a second opinion, and continues when the opinion is red too", async () => {
    const fixture = await withThreeReds();
    const { build, store, until, verdict } = fixture;
    const trouble = await until(async () => (await build(4))?.trouble);
    expect(trouble.reason).toBe("SecondOpinion");
    expect((await build(4))?.verdict).toBeUndefined();

    await giveOpinion(fixture, 3, "Failure");
    await store.create("Build", buildObject(5));
    expect((await verdict(5)).result).toBe("Failure");
  });

  it("throws its trees away and warms up when the opinion is green and the red verdicts are withdrawn", async () => {
    const fixture = await withThreeReds();
    const { build, cells, reaches, sandbox, store, until, verdict } = fixture;
    await until(async () => (await build(4))?.trouble);
    const damaged = join(sandbox, "base/build_hello/sw/damaged");
    writeFileSync(damaged, "");
    expect(treesIn(sandbox)).toEqual(expect.arrayContaining(["parked/build_hello/1", "refreshed/build_hello.json"]));
    await giveOpinion(fixture, 3, "Success");
    expect(cells.orders.filter(({ task }) => task === "clean")).toHaveLength(0);
    const before = cells.orders.length;
    let left: readonly string[] = [];
    cells.script = ({ task }) => {
      if (task === "selftest") left = treesIn(sandbox);
      return undefined;
    };
    for (const number of [1, 2]) await withdraw(fixture, number);

    await until(async () => cells.orders.slice(before).some(({ task }) => task === "selftest"));
    await reaches("Ready");
    await store.create("Build", buildObject(5));
    expect(await verdict(5)).toMatchObject({ result: "Success", generation: 1 });
    expect(left).toEqual([]);
    expect(existsSync(damaged)).toBe(false);
    const after = cells.orders.slice(before);
    expect(after.filter(({ task }) => task === "clean").map(({ paths }) => paths.gone)).toEqual([
      [join(sandbox, "base/build_hello")],
    ]);
    expect(after.filter(({ task }) => task === "selftest")).toHaveLength(1);
    expect(after.filter(({ task }) => task === "warmup").map(({ cell }) => cell)).toEqual(["base"]);
  });

  it("is quarantined when its red verdicts are refuted a second time", async () => {
    const fixture = await withThreeReds();
    const { build, reaches, sandbox, until } = fixture;
    await until(async () => (await build(4))?.trouble);
    writeFileSync(join(sandbox, "state/trees.json"), '{"generation":0,"refuted":1}');
    await giveOpinion(fixture, 3, "Success");
    for (const number of [1, 2]) await withdraw(fixture, number);

    expect((await reaches("Quarantined")).message).toContain("A second opinion refuted");
  });

  it.each<[string, Partial<BuilderStatus>]>([
    ["not ready", { phase: "Warming" }],
    ["silent", { silent: true }],
    ["limited by force-hashes", { forced: ["fffffff"] }],
  ])("throws its trees away for fresh verdicts if the only other builder is %s", async (_, changes) => {
    const fixture = await aBuilder();
    await addOther(fixture, changes);
    const { cells, store, start, until, verdict, reaches } = fixture;
    cells.script = (order) => (order.task === "build" ? Promise.resolve(failure) : undefined);
    start({ clock: hurriedClock() });
    await reaches("Ready");
    for (const number of [1, 2, 3]) {
      await store.create("Build", buildObject(number));
      await verdict(number);
    }

    await until(async () => cells.orders.some(({ task }) => task === "clean"));
    await until(async () => cells.orders.filter(({ task }) => task === "selftest").length === 2);
    await store.create("Build", buildObject(4));
    expect(await verdict(4)).toMatchObject({ result: "Failure", generation: 1 });
  });
});

describe("a builder that a person asks to throw its trees away", () => {
  it.each([
    ["*", ["build_hello", "build_other"], []],
    [
      "build/other",
      ["build_other"],
      ["base/build_hello", "parked/build_hello/1", "parked/build_hello/2", "refreshed/build_hello.json"],
    ],
  ])("of %s: finishes its build, throws the trees away once, and warms up", async (what, thrown, kept) => {
    const { cells, store, sandbox, start, until, verdict, reaches, builds } = await aBuilder({
      checks: [{ name: "build/hello" }, { name: "build/other" }],
    });
    start();
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await store.create("Build", buildObject(7, { check: "build/other" }));
    for (const number of [1, 7]) await verdict(number);
    const running = Promise.withResolvers<typeof failure>();
    let left: readonly string[] = [];
    cells.script = ({ task }) => {
      if (task === "selftest") left = treesIn(sandbox);
      return task === "build" ? running.promise : undefined;
    };
    await store.create("Build", buildObject(2));
    await builds();
    expect(treesIn(sandbox)).toEqual(expect.arrayContaining(["base/build_other", "parked/build_other/7"]));
    const self = await store.get("Builder", "o2-0");
    if (self === undefined) throw new Error("no builder");
    const annotations = { [cleanAnnotation]: `${what} 2026-01-01T00:00:00.000Z` };
    await store.update("Builder", { ...self, metadata: { ...self.metadata, annotations } });
    expect(cells.orders.some(({ task }) => task === "clean")).toBe(false);
    running.resolve(failure);

    expect((await verdict(2)).result).toBe("Failure");
    await until(async () => cells.orders.filter(({ task }) => task === "selftest").length === 2);
    await store.create("Build", buildObject(3));
    expect((await verdict(3)).generation).toBe(1);
    expect(left).toEqual(kept);
    const cleaned = cells.orders.filter(({ task }) => task === "clean");
    expect(cleaned.map(({ paths }) => paths.gone)).toEqual(thrown.map((check) => [join(sandbox, "base", check)]));
    expect(cells.orders.filter(({ task }) => task === "selftest")).toHaveLength(2);
  });

  it("forgets what failed in the base, and keeps what compiled there", async () => {
    const { store, sandbox, start, until, reaches, self } = await aBuilder();
    const [at, since] = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"];
    const broken = { reason: "BaseBroken", message: "master does not parse", since };
    const good = { check: "build/hello", commits: "c".repeat(32), at, compiled: true };
    mkdirSync(join(sandbox, "state"), { recursive: true });
    writeFileSync(join(sandbox, "state/bases.json"), JSON.stringify({ good: {}, bases: [{ ...good, broken }] }));
    start();
    await reaches("Ready");
    const builder = await store.get("Builder", "o2-0");
    if (builder === undefined) throw new Error("no builder");
    const annotations = { [cleanAnnotation]: `* ${at}` };
    await store.update("Builder", { ...builder, metadata: { ...builder.metadata, annotations } });

    expect(await until(async () => (await self())?.bases)).toEqual([good]);
    expect(JSON.parse(readFileSync(join(sandbox, "state/bases.json"), "utf8"))).toEqual({ good: {}, bases: [good] });
  });

  it("tries again while a tree stays in its place, and gives no verdict on it", async () => {
    const { cells, store, sandbox, start, until, verdict, reaches } = await aBuilder();
    start({ clock: hurriedClock() });
    await reaches("Ready");
    await store.create("Build", buildObject(1));
    await verdict(1);
    await until(async () => existsSync(join(sandbox, "parked/build_hello/1")));
    writeFileSync(join(sandbox, "parked/build_hello/1/damaged"), "");
    const answers = [{ kind: "Infrastructure", reason: "CellDied", message: "The cell died" } as const];
    cells.script = ({ task }) => {
      const answer = task === "delete" ? answers.pop() : undefined;
      return answer && Promise.resolve(answer);
    };
    const builder = await store.get("Builder", "o2-0");
    if (builder === undefined) throw new Error("no builder");
    const annotations = { [cleanAnnotation]: "* 2026-01-01T00:00:00.000Z" };
    await store.update("Builder", { ...builder, metadata: { ...builder.metadata, annotations } });
    await until(async () => answers.length === 0);
    await store.create("Build", buildObject(2));
    // Without an event the builder tries again after 10 s.
    await until(async () => cells.orders.filter(({ task }) => task === "delete").length === 2, 15_000);
    expect((await verdict(2)).generation).toBe(1);
    expect(existsSync(join(sandbox, "parked/build_hello/1"))).toBe(false);
  });
});
