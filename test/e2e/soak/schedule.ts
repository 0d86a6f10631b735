import { exponential, randomOf } from "../../support/random.ts";

/** Actions of a soak, with their weights. */
const weights = {
  open: 22,
  push: 8,
  close: 4,
  scale: 3,
  scaleSilent: 1,
  roll: 1.5,
  rollSilent: 0.5,
  restart: 2,
  drain: 2,
  undrain: 3,
  silencePool: 3,
  silenceBuilder: 3,
  silenceSilent: 2,
  deletePod: 2,
  killPod: 2.5,
  killOperator: 2,
  orphan: 1,
  deleteLease: 2,
  edit: 2.5,
} as const;

/** The name of an action. */
export type Action = keyof typeof weights;
/** The kind of a change, which decides its right verdict. */
export type Flavour = "good" | "compileError" | "failingTest";

/** One step of a soak. The state of the cluster at that time and `pick` decide about its target. */
export interface Step {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly action: Action;
  /** A number in [0, 1) that selects the target. */
  readonly pick: number;
  /** A second number in [0, 1), for example for a new value. */
  readonly value: number;
  readonly flavour: Flavour;
  /** Duration of the build of a changed pull request. */
  readonly seconds: number;
}

/** Mean time between two steps, in milliseconds. */
const meanPause = 3_000;

/** The steps of a soak of `length` milliseconds. The same seed gives the same steps. */
export function scheduleOf(seed: number, length: number): readonly Step[] {
  const random = randomOf(seed);
  const steps: Step[] = [];
  for (let at = 0; ; ) {
    at += Math.round(exponential(random, meanPause));
    const step: Step = {
      at,
      action: drawAction(random()),
      pick: random(),
      value: random(),
      flavour: flavourOf(random()),
      seconds: secondsOf(random()),
    };
    if (at >= length) return steps;
    steps.push(step);
  }
}

/** The element that a number in [0, 1) selects. */
export function pickFrom<T>(all: readonly T[], pick: number): T | undefined {
  return all[Math.floor(pick * all.length)];
}

/** A step as one line of a log. */
export function lineOf({ at, action, pick, value, flavour, seconds }: Step): string {
  const time = `${(at / 1000).toFixed(1)} s`;
  const change = action === "open" || action === "push" ? `, ${flavour}, ${seconds} s` : "";
  return `${time}: ${action} (${pick.toFixed(3)}, ${value.toFixed(3)}${change})`;
}

function drawAction(draw: number): Action {
  const all = Object.entries(weights) as [Action, number][];
  let left = draw * all.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [action, weight] of all) {
    left -= weight;
    if (left < 0) return action;
  }
  return "open";
}

function flavourOf(draw: number): Flavour {
  if (draw < 0.6) return "good";
  return draw < 0.8 ? "compileError" : "failingTest";
}

/** Most builds are short. One in five lasts long enough for several steps. */
function secondsOf(draw: number): number {
  return draw < 0.8 ? Math.round(draw * 50) / 10 : Math.round(draw * 15);
}
