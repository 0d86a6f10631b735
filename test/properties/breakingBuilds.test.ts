import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InfrastructureReason, infrastructureReasons } from "../../src/api/objects/reasons.ts";
import { wordsOf } from "../../src/api/values/vocabulary.ts";
import { brokenBuildersOf } from "../../src/core/build/retry.ts";
import { verdictStatusOf } from "../../src/core/report/post/status.ts";
import { type BreakingOptions, runBreakingBuild } from "../support/fleet/breaking.ts";
import { randomOf } from "../support/random.ts";

const minute = 60_000;
const own = [
  "BaseBroken",
  "BuilderLost",
  "CellDied",
  "DiskFull",
  "OutOfMemory",
  "HeartbeatLost",
  "SelfTestFailed",
] as const;
const notOwn = wordsOf(infrastructureReasons).filter((reason) => !own.some((one) => one === reason));

const scenario = (ends: fc.Arbitrary<readonly InfrastructureReason[]>, changes: Partial<BreakingOptions> = {}) =>
  fc
    .record({
      builders: fc.integer({ min: 1, max: 5 }),
      strategy: fc.constantFrom("Affinity" as const, "Modulo" as const),
      ends,
      repair: fc.integer({ min: 2 * minute, max: 90 * minute }),
      busy: fc.boolean(),
      pushAt: fc.option(fc.integer({ min: 0, max: 180 * minute }), { nil: undefined }),
      pushDuring: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      seed: fc.nat(),
    })
    .map(({ seed, ...facts }): BreakingOptions => ({ ...facts, hours: 24, random: randomOf(seed), ...changes }));
const anyEnds = fc.array(fc.constantFrom<InfrastructureReason>(...own, ...notOwn), { minLength: 1, maxLength: 12 });
const oneReason = fc.constantFrom<InfrastructureReason>(...own).map((reason) => [reason]);
const noPush = { pushAt: undefined, pushDuring: undefined };
const isPushed = ({ pushAt, pushDuring }: BreakingOptions) => (pushAt ?? pushDuring) !== undefined;
const check = (facts: fc.Arbitrary<BreakingOptions>, property: (options: BreakingOptions) => void, numRuns = 60) =>
  fc.assert(fc.property(facts, property), { numRuns });

describe("a build that breaks its builders", () => {
  it("breaks at most three builders for each commit and request", () => {
    check(scenario(anyEnds), (options) => {
      const { breaks, build } = runBreakingBuild(options);
      for (const request of [1, 2]) {
        const broken = new Set(breaks.filter((one) => one.request === request).map(({ builder }) => builder));
        expect(broken.size).toBeLessThanOrEqual(3);
      }
      expect(brokenBuildersOf(build).length).toBeLessThanOrEqual(3);
    });
  });

  it("starts on another builder only after each broken one has built something else, or after 30 minutes", () => {
    const ends = fc.oneof(oneReason, anyEnds);
    const property = (options: BreakingOptions) => {
      const { breaks } = runBreakingBuild(options);
      expect(breaks.flatMap(({ unrecovered }) => unrecovered)).toEqual([]);
    };
    check(scenario(ends), property, 200);
  });

  it("never takes two builders at a time if a builder is repaired within 30 minutes", () => {
    const quick = scenario(anyEnds).map((facts) => ({ ...facts, repair: Math.min(facts.repair, 28 * minute) }));
    check(quick, (options) => {
      expect(runBreakingBuild(options).mostDown).toBeLessThanOrEqual(1);
    });
  });

  it("ends red with the reason if the failure stays the same and the builders build other pull requests", () => {
    check(scenario(oneReason, { busy: true, ...noPush }), (options) => {
      const { build, attempts, breaks } = runBreakingBuild(options);
      const { verdict } = build.status ?? {};
      expect(verdict).toMatchObject({ result: "Failure", cause: options.ends[0], request: 1 });
      expect(attempts).toBeLessThanOrEqual(24);
      const broken = new Set(breaks.map(({ builder }) => builder)).size;
      const isBreaking = options.ends[0] !== "BaseBroken";
      if (isBreaking && options.strategy === "Affinity" && attempts < 6)
        expect(broken).toBe(Math.min(3, options.builders));
      const { state, description } = verdictStatusOf("check", verdict ?? { result: "Success" });
      expect(state).toBe("error");
      expect(description).toMatch(/^Gave up after \d+ attempts on [1-3] builders?: the (build|base)/);
      expect(description.length).toBeLessThanOrEqual(140);
    });
  });

  it("ends red in a small pool without other work, after passed self-tests; a full disk or a broken base needs another build", () => {
    check(scenario(oneReason, { busy: false, ...noPush }), (options) => {
      const { builders, ends, strategy } = options;
      if (builders > 2 || strategy === "Modulo") return;
      const { verdict } = runBreakingBuild(options).build.status ?? {};
      const needsBuild = ends[0] === "DiskFull" || ends[0] === "BaseBroken";
      expect(verdict?.cause).toBe(needsBuild ? undefined : ends[0]);
    });
  });

  it("ends with a verdict, or waits with a reason, after every sequence of failures", () => {
    check(scenario(anyEnds), (options) => {
      const { status } = runBreakingBuild(options).build;
      if (status?.verdict?.request === 2 || (!isPushed(options) && status?.verdict !== undefined)) return;
      expect(status?.trouble?.message ?? status?.phase).toBeDefined();
      expect(status?.verdict?.cause).not.toBe("Drained");
    });
  });

  it("never ends red if every failure is one of the network, of GitHub, or on purpose", () => {
    const harmless = fc.array(fc.constantFrom<InfrastructureReason>(...notOwn), { minLength: 1, maxLength: 12 });
    check(scenario(harmless), (options) => {
      const { build, breaks, attempts } = runBreakingBuild(options);
      expect(build.status?.verdict).toBeUndefined();
      expect(brokenBuildersOf(build)).toEqual([]);
      expect(attempts).toBeGreaterThan(0);
      expect(breaks).toEqual([]);
    });
  });

  it("does not end red on builders that build nothing else either, in a pool of three or more", () => {
    check(scenario(oneReason, { busy: false }), (options) => {
      if (options.builders < 3) return;
      expect(runBreakingBuild(options).build.status?.verdict).toBeUndefined();
    });
  });
});
