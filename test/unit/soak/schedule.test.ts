import { describe, expect, it } from "vitest";
import { lineOf, pickFrom, scheduleOf } from "../../e2e/soak/schedule.ts";

const minute = 60_000;

describe("the schedule of a soak", () => {
  it("is the same for the same seed, and different for another seed", () => {
    expect(scheduleOf(7, 4 * minute)).toEqual(scheduleOf(7, 4 * minute));
    expect(scheduleOf(7, 4 * minute)).not.toEqual(scheduleOf(8, 4 * minute));
  });

  it("of a longer soak begins with the steps of a shorter soak", () => {
    const short = scheduleOf(7, minute);
    expect(scheduleOf(7, 4 * minute).slice(0, short.length)).toEqual(short);
  });

  it("has its steps in order, all before the end", () => {
    const times = scheduleOf(7, 4 * minute).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.length).toBeGreaterThan(40);
    expect(times.every((at) => at >= 0 && at < 4 * minute)).toBe(true);
  });

  it("takes every action and every flavour, and opens more pull requests than it closes", () => {
    const steps = scheduleOf(7, 60 * minute);
    const count = (action: string) => steps.filter((step) => step.action === action).length;
    expect([...new Set(steps.map(({ action }) => action))].toSorted()).toMatchInlineSnapshot(`
      [
        "close",
        "deleteLease",
        "deletePod",
        "drain",
        "edit",
        "killOperator",
        "killPod",
        "open",
        "orphan",
        "push",
        "restart",
        "roll",
        "rollSilent",
        "scale",
        "scaleSilent",
        "silenceBuilder",
        "silencePool",
        "silenceSilent",
        "undrain",
      ]
    `);
    expect(new Set(steps.map(({ flavour }) => flavour))).toEqual(new Set(["good", "compileError", "failingTest"]));
    expect(count("open")).toBeGreaterThan(2 * count("close"));
    expect(steps.every(({ seconds }) => seconds >= 0 && seconds <= 15)).toBe(true);
  });

  it("shows a step as one line", () => {
    const step = { at: 1234, pick: 0.5, value: 0.25, flavour: "good", seconds: 2 } as const;
    expect(lineOf({ ...step, action: "open" })).toBe("1.2 s: open (0.500, 0.250, good, 2 s)");
    expect(lineOf({ ...step, action: "orphan" })).toBe("1.2 s: orphan (0.500, 0.250)");
  });

  it("picks an element, and nothing from nothing", () => {
    expect([0, 0.5, 0.99].map((pick) => pickFrom(["a", "b"], pick))).toEqual(["a", "b", "b"]);
    expect(pickFrom([], 0.5)).toBeUndefined();
  });
});
