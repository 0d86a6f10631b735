import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha } from "../support/objects/build.ts";
import { type Reader, readers, SilenceModel, type SilentThing, silentThings } from "../support/silence/model.ts";

const builders = readers.slice(2);
type Step = (model: SilenceModel) => void;
const named = (name: string, step: Step): Step => Object.assign(step, { [fc.toStringMethod]: () => name });

const constant = (name: string, step: Step) => fc.constant(named(name, step));

function each<T>(things: readonly T[], act: (thing: T) => void): void {
  for (const thing of things) act(thing);
}

const steps: readonly fc.Arbitrary<Step>[] = [
  // Without these two, few random sequences get as far as a claim.
  constant("sync all", (model) => each(readers, (reader) => model.sync(reader))),
  constant("plan and claim", (model) => {
    model.sync("queue");
    model.planQueues();
    each(builders, (name) => {
      model.sync(name);
      model.claim(name);
    });
  }),
  fc
    .tuple(fc.constantFrom(...silentThings), fc.boolean())
    .map(([thing, silent]) => named(`silence ${thing} ${silent}`, (model) => model.silence(thing, silent))),
  fc.constantFrom(...readers).map((reader: Reader) => named(`sync ${reader}`, (model) => model.sync(reader))),
  constant("plan", (model) => model.planQueues()),
  constant("report", (model) => model.report()),
  fc.constantFrom(...builders).map((name) => named(`claim ${name}`, (model) => model.claim(name))),
  fc
    .tuple(
      fc.constantFrom(...builders),
      fc.constantFrom("verdict" as const, "verdict" as const, "release" as const, "yield" as const),
    )
    .map(([name, how]) => named(`${how} ${name}`, (model) => model.end(name, how))),
  constant("wait", (model) => model.advance(11 * 60_000)),
  constant("poll", (model) => model.poll()),
];
const step = fc.oneof(...steps);
/** The second pool becomes loud and silent too, and both pools lose and get the check. */
const stepOfTwo = fc.oneof(
  ...steps,
  fc.boolean().map((silent) => named(`silence next ${silent}`, (model) => model.silence("next", silent))),
  fc
    .tuple(fc.constantFrom("o2" as const, "next" as const), fc.boolean())
    .map(([pool, hasCheck]) => named(`define ${pool} ${hasCheck}`, (model) => model.define(pool, hasCheck))),
  constant("round", (model) => model.round()),
  constant("next owns", (model) => {
    model.silence("pool", true);
    model.silence("next", false);
    planTwice(model);
  }),
  constant("o2 owns", (model) => {
    model.silence("pool", false);
    planTwice(model);
  }),
);

/** The operator plans, sees its own writes, and plans again. */
function planTwice(model: SilenceModel): void {
  for (const _ of [1, 2]) {
    model.sync("queue");
    model.planQueues();
  }
}

const published = (model: SilenceModel) =>
  model.writes.filter(({ state, check }) => state !== "pending" && check === "c");

describe("silence", () => {
  it("ends with exactly one published verdict for every wanted build, in any sequence of events", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new SilenceModel([1, 2]);
        for (const one of steps) one(model);
        model.settle();
        const loud = model.builds().filter(({ spec }) => spec.shadow === undefined);
        expect(loud.map(({ spec }) => spec.number).sort()).toEqual([1, 2]);
        for (const { spec, status, metadata } of loud) {
          expect(status?.verdict).toMatchObject({ silent: false, request: spec.request });
          const writes = model.writes.filter(({ build }) => build === metadata.name);
          expect(writes.at(-1)).toMatchObject({ state: "success" });
          expect(writes.filter(({ state }) => state !== "pending")).toHaveLength(1);
        }
      }),
      { numRuns: 250 },
    );
  });

  it("that moves between two pools with one check ends with exactly one published verdict for each commit", () => {
    fc.assert(
      fc.property(fc.array(stepOfTwo, { maxLength: 60 }), (sequence) => {
        const model = new SilenceModel([1, 2]);
        for (const one of sequence) one(model);
        model.settle();
        const commits = published(model).map(({ commit }) => commit);
        expect(commits.toSorted()).toEqual([sha(1), sha(2)]);
      }),
      { numRuns: 250 },
    );
  });

  /** The pool `next` owns the check and builds the only pull request. */
  function builtByNext(): SilenceModel {
    const model = new SilenceModel([1]);
    model.silence("next", false);
    model.silence("pool", true);
    each(readers, (reader) => model.sync(reader));
    model.planQueues();
    each(readers, (reader) => model.sync(reader));
    model.claim("next-0");
    return model;
  }

  /** The pool `o2` owns the check again, and the operator knows. */
  function returnToOwner(model: SilenceModel): void {
    model.silence("pool", false);
    planTwice(model);
  }

  it.each<[string, (model: SilenceModel) => void]>([
    [
      "a verdict that the listing does not show yet",
      (model) => {
        model.end("next-0", "verdict");
        model.report();
        returnToOwner(model);
      },
    ],
    [
      "a builder that does not know yet",
      (model) => {
        returnToOwner(model);
        model.end("next-0", "verdict");
        model.report();
      },
    ],
    [
      "a builder that does not know yet, and moves back",
      (model) => {
        returnToOwner(model);
        model.end("next-0", "verdict");
        for (const name of ["o2-0", "o2-1", "o2-2"] as const) {
          model.sync(name);
          model.claim(name);
          model.end(name, "verdict");
        }
        model.report();
        model.silence("pool", true);
        model.sync("queue");
        model.planQueues();
        model.report();
      },
    ],
    [
      "a verdict that is not reported yet",
      (model) => {
        model.end("next-0", "verdict");
        returnToOwner(model);
        model.report();
      },
    ],
    [
      "a verdict before its Build is blocked",
      (model) => {
        model.silence("pool", false);
        model.sync("queue");
        model.planQueues("o2");
        model.end("next-0", "verdict");
        model.report();
      },
    ],
    [
      "a verdict that both pools have, and moves back",
      (model) => {
        model.end("next-0", "verdict");
        returnToOwner(model);
        model.round();
        model.silence("pool", true);
        planTwice(model);
        model.round();
      },
    ],
    [
      "a shadow that waits while the verdict is reported",
      (model) => {
        model.sync("queue");
        model.planQueues("o2");
        model.end("next-0", "verdict");
        model.planQueues("o2");
        model.report();
      },
    ],
    [
      "a check that its pool loses after its report",
      (model) => {
        model.end("next-0", "verdict");
        model.report();
        model.define("next", false);
        returnToOwner(model);
      },
    ],
  ])("that moves between two pools with %s gives one published verdict", (_, move) => {
    const model = builtByNext();
    move(model);
    model.settle();
    expect(published(model)).toHaveLength(1);
  });

  it("publishes nothing of a shadow, and builds a shadow once for each commit and revision", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new SilenceModel([1, 2]);
        for (const one of steps) one(model);
        model.settle();
        expect(model.writes.filter(({ isShadow }) => isShadow)).toEqual([]);
        const shadows = model.verdicts.filter(({ isShadow }) => isShadow);
        expect(shadows.every(({ verdict }) => verdict.silent)).toBe(true);
        const answers = shadows.map(({ build, verdict }) => `${build} ${verdict.commit} ${verdict.revision}`);
        expect(new Set(answers).size).toBe(answers.length);
      }),
      { numRuns: 250 },
    );
  });

  it("set back during a build still ends with a published verdict (incident)", () => {
    const model = new SilenceModel([1]);
    const all = () => each(readers, (reader) => model.sync(reader));
    model.silence("pool", true);
    all();
    model.planQueues();
    all();
    each(builders, (name) => model.claim(name));
    model.silence("pool", false);
    model.sync("queue");
    model.planQueues(); // drops spec.silent while the builder still sees the old pool
    each(builders, (name) => model.end(name, "verdict"));
    expect(model.verdicts.map(({ verdict }) => verdict.silent)).toContain(true);
    model.settle();
    expect(published(model)).toHaveLength(1);
  });

  it("of one builder of a loud pool leaves every pull request to the loud builders, and adds shadows", () => {
    const things: readonly SilentThing[] = ["o2-0", "o2-1"];
    const model = new SilenceModel([1, 2, 3]);
    for (const thing of things) model.silence(thing, true);
    for (let round = 0; round < 20; round += 1) {
      for (const reader of readers) model.sync(reader);
      model.planQueues();
      for (const name of builders) {
        model.sync(name);
        model.claim(name);
      }
      model.advance(60_000);
      for (const name of builders) model.end(name, "verdict");
      model.report();
    }
    expect(published(model)).toHaveLength(3);
    const by = (name: string) => model.verdicts.filter(({ verdict }) => verdict.builder === name);
    expect(by("o2-2").every(({ isShadow }) => !isShadow)).toBe(true);
    const silent = [...by("o2-0"), ...by("o2-1")];
    expect(silent).toHaveLength(3);
    expect(silent.every(({ isShadow }) => isShadow)).toBe(true);
    expect(by("next-0")).toHaveLength(3);
  });
});
