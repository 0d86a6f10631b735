import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { type CoverageInput, lastWorkOf, uncoveredBuilds } from "../../../../src/core/queue/coverage.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder } from "../../../support/objects/builder.ts";
import { finding } from "../../../support/objects/inHands.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const minute = 60_000;
const fresh = { requestedAt: iso(noon) };
const old = { requestedAt: iso(noon - 30 * minute) };
const busyUntilNow = () => 0;
const lastVerdictAt = (at: number) =>
  aBuilder("o2-0", { lastVerdict: { build: "b", check: "c", number: 9, result: "Success", at: iso(at) } });

function reasons(fields: Partial<CoverageInput> & { readonly builders: readonly Builder[] }) {
  const found = uncoveredBuilds({
    builds: [aBuild(fresh)],
    strategy: "Affinity",
    patience: 10 * minute,
    now: noon,
    idleFor: () => 30 * minute,
    ...fields,
  });
  return found.map(({ reason }) => reason);
}

const broken = (...names: readonly string[]) =>
  names.map((builder) => ({
    builder,
    request: 1,
    reason: "CellDied" as const,
    times: 1,
    counted: 1,
    at: iso(noon - minute),
  }));
const trouble = (...names: readonly string[]) => ({
  trouble: {
    reason: "CellDied" as const,
    message: "m",
    builder: names[0] ?? "",
    count: 3,
    request: 1,
    at: iso(noon - minute),
    brokenBuilders: broken(...names),
  },
});

describe("coverage", () => {
  it("is complete with one ready loud builder, whether idle or busy", () => {
    expect(reasons({ builders: [aBuilder("o2-0")] })).toEqual([]);
    const builds = [aBuild({ ...old, number: 1 }), heldBy("o2-0", { number: 2 })];
    expect(reasons({ builders: [aBuilder("o2-0")], builds })).toEqual([]);
    expect(reasons({ builders: [aBuilder("o2-0")], builds: [aBuild(old)], idleFor: busyUntilNow })).toEqual([]);
  });

  it("lacks a ready loud builder", () => {
    expect(reasons({ builders: [] })).toEqual(["no builder is Ready"]);
    expect(reasons({ builders: [aBuilder("o2-0", { phase: "Warming" })] })).toEqual(["no builder is Ready"]);
    const silent = [aBuilder("o2-0", { silent: true })];
    expect(reasons({ builders: silent })).toEqual(["every Ready builder is silent"]);
    expect(reasons({ builders: [...silent, aBuilder("o2-1", { phase: "Warming" })] })).toEqual([
      "every Ready builder is silent",
    ]);
    expect(reasons({ builders: silent, isPoolSilent: true })).toEqual([]);
  });

  it("ignores builds that nobody wants now", () => {
    const shadow = { of: "a", pool: "o2", revision: "r1" };
    const blocked = { reason: "Draft" as const, message: "m" };
    const builds = [aBuild({ blocked }), aBuild({ shadow }), withVerdict("Success"), heldBy("o2-9")];
    expect(reasons({ builders: [], builds })).toEqual([]);
  });

  it("with Modulo lacks the owner of a commit whose share a person moved", () => {
    const rank = ownerOfCommit("build/O2/o2", sha(1), 2);
    const names = ["o2-0", "o2-1"];
    const moved = (index: number) =>
      names.map((name, n) => aBuilder(name, n === rank ? { partitionOverride: { index, size: 2 } } : {}));
    expect(reasons({ builders: moved(rank), strategy: "Modulo" })).toEqual([]);
    expect(reasons({ builders: moved(1 - rank), strategy: "Modulo" })).toEqual([
      "no builder owns its commit, because config/worker-index or config/workers-pool-size changes the shares",
    ]);
    expect(reasons({ builders: moved(1 - rank) })).toEqual([]);
  });

  it("with Modulo includes the recheck of a red verdict, which the owner leaves to the next builder", () => {
    const names = ["o2-0", "o2-1", "o2-2"].map((name) => aBuilder(name));
    for (const builder of ["o2-0", "o2-1", "o2-2"]) {
      const red = { ...finding, result: "Failure" as const, commit: sha(1), request: 1, attempt: 1, builder };
      const recheck = aBuild({ ...fresh, group: "failed", request: 2 }, { verdict: red });
      expect(reasons({ builders: names, builds: [recheck], strategy: "Modulo" })).toEqual([]);
    }
  });

  it("lacks a builder when force-hashes limits all of them", () => {
    const forced = (commit: string) => [aBuilder("o2-0", { forced: [commit] })];
    expect(reasons({ builders: forced(sha(2).slice(0, 39)) })).toEqual([]);
    expect(reasons({ builders: forced("abcdef0") })).toEqual(["force-hashes limits its builders to other commits"]);
    expect(reasons({ builders: [...forced("abcdef0"), aBuilder("o2-1")] })).toEqual([]);
  });

  it("includes builds that pause after a failure, until every ready builder is barred", () => {
    const build = (names: readonly string[]) => aBuild(fresh, trouble(...names)) as Stored<"Build">;
    expect(reasons({ builders: [aBuilder("o2-0")], builds: [build(["o2-0"])] })).toEqual([]);
    expect(reasons({ builders: [aBuilder("o2-3")], builds: [build(["o2-0", "o2-1", "o2-2"])] })).toEqual([
      "it broke three builders, and none of them is Ready",
    ]);
  });

  it("does not believe in a builder that has been idle beside the build for two minutes", () => {
    const builders = [aBuilder("o2-0")];
    expect(reasons({ builders, builds: [aBuild(old)] })).toEqual(['"o2-0" is idle and does not claim it, after 30m']);
    expect(reasons({ builders, builds: [aBuild({ requestedAt: iso(noon - minute) })] })).toEqual([]);
    const held = [aBuild(old), heldBy("o2-0", { number: 2 })];
    expect(reasons({ builders, builds: held })).toEqual([]);
    const warm = aBuild({ requestedAt: iso(noon - 5 * minute) }, { tree: "o2-1" });
    const both = [aBuilder("o2-0"), aBuilder("o2-1")];
    const idleFor = (name: string) => (name === "o2-1" ? 0 : 30 * minute);
    expect(reasons({ builders: both, builds: [warm], idleFor })).toEqual([]); // o2-0 still leaves it to the warm tree
  });

  it("takes no time of a builder's clock for the time that the builder has been idle", () => {
    const late = lastVerdictAt(noon - 3 * minute);
    expect(reasons({ builders: [late], builds: [aBuild(old)], idleFor: busyUntilNow })).toEqual([]);
    const early = lastVerdictAt(noon + 3 * minute);
    expect(reasons({ builders: [early], builds: [aBuild(old)] })).toHaveLength(1);
  });

  it("sees each claim, verdict, warm-up and failure of a builder as work", () => {
    const failed = aBuild({}, trouble("o2-0"));
    const works = [
      { builders: [aBuilder("o2-0")], builds: [] },
      { builders: [aBuilder("o2-0")], builds: [heldBy("o2-0")] },
      { builders: [aBuilder("o2-0")], builds: [failed] },
      { builders: [lastVerdictAt(noon)], builds: [] },
      { builders: [aBuilder("o2-0", { phase: "Draining" })], builds: [] },
      { builders: [aBuilder("o2-0", { warm: { incarnation: "o2-0-1", revision: "r1", at: iso(noon) } })], builds: [] },
    ].map((input) => lastWorkOf(input).get("o2-0"));
    expect(new Set(works).size).toBe(works.length);
  });

  it("is evaluated for 5,000 builds and 1,000 builders without a pass over all pairs", () => {
    const builders = Array.from({ length: 1000 }, (_, n) => aBuilder(`o2-${n}`));
    let reads = 0;
    const builds = Array.from({ length: 5000 }, (_, n) => {
      const build = aBuild({ ...old, number: n + 1 });
      const get = () => {
        reads += 1;
        return "build/O2/o2";
      };
      Object.defineProperty(build.spec, "check", { get });
      return build;
    });
    expect(reasons({ builders, builds, idleFor: busyUntilNow })).toEqual([]);
    expect(reads).toBeLessThan(20 * builds.length);
  });
});
