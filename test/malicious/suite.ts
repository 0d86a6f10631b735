import { resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { Attempt, Mode } from "./attack.ts";
import { type Choice, choicesOf, seedOf } from "./choose.ts";
import { corpus } from "./corpus.ts";
import { measured } from "./held.ts";
import { groupsOf, judge } from "./judge.ts";
import type { OpenPlace } from "./trial.ts";

/** Where and how the attacks of MALICIOUS run. */
export interface Suite<M extends Mode> {
  readonly modes: readonly M[];
  /** The size of the sample without MALICIOUS. */
  readonly sample: number;
  /** Attacks that share one place, and places at a time. */
  readonly most: number;
  readonly width: number;
  /** The target of the Makefile that repeats an attack. */
  readonly target: string;
  readonly open: (mode: M) => OpenPlace;
}

const keyOf = ({ mode, route, attack }: Choice) => `${mode} ${route} ${attack.id}`;

/** Call this in a `describe`. Tries the attacks of MALICIOUS, and has one test for each. */
export function tryAttacks<M extends Mode>({ modes, sample, most, width, target, open }: Suite<M>): void {
  const wanted = process.env["MALICIOUS"] || String(sample);
  const seed = seedOf(resolve(import.meta.dirname, "../.."));
  const choices = choicesOf(wanted, corpus, seed, modes);
  const effects = new Map<string, readonly string[]>();
  /** One of each mode at a time. */
  const trials = modes
    .flatMap((mode, index) => groupsIn(choices, mode, most).map((attempts, at) => ({ mode, attempts, at, index })))
    .toSorted((a, b) => a.at - b.at || a.index - b.index);
  /** Milliseconds. A trial that finds something is repeated with fewer attacks. */
  const longest = 600_000 + ((240_000 + most * 20_000) * trials.length) / width;

  beforeAll(async () => {
    const listed = choices.map(({ attack, route }) => `${attack.id} (${route})`).join(" ");
    console.log(`malicious: MALICIOUS=${wanted} MALICIOUS_SEED=${seed}: ${listed}`);
    const queue = [...trials];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { attempts, mode } = next;
        const judged = await judge(attempts, open(mode), mode);
        for (const attempt of attempts) effects.set(keyOf({ ...attempt, mode }), judged.get(attempt.attack.id) ?? []);
        const tried = attempts.map(({ attack }) => attack.id).join(" ");
        console.log(`malicious: ${mode}: tried ${tried}; not held: ${[...judged.keys()].join(" ") || "none"}`);
      }
    };
    await Promise.all(Array.from({ length: width }, work));
  }, longest);

  it.each(choices.map(named))("$name", (choice) => {
    const { mode, route, attack } = choice;
    const found = effects.get(keyOf(choice)) ?? [];
    const before = measured[route][mode][attack.id];
    if (before !== "held") {
      const now = found.length === 0 ? "held" : found.join(", ");
      console.log(`malicious: ${attack.id}: ${route}.${mode} of held.ts has "${before ?? "no line"}", now: ${now}`);
      return;
    }
    expect(found, `repeat with: make ${target} MALICIOUS=${attack.id},${route},${mode}`).toEqual([]);
  });
}

/** Attacks that were measured and not held get a place of their own: they disturb others. */
function groupsIn(choices: readonly Choice[], mode: Mode, most: number): readonly (readonly Attempt[])[] {
  const ours = choices.filter((choice) => choice.mode === mode);
  const isOpen = ({ attack, route }: Attempt) => (measured[route][mode][attack.id] ?? "held") !== "held";
  const closed = ours.filter((choice) => !isOpen(choice));
  return [...groupsOf(closed, most, mode), ...ours.filter(isOpen).map((choice) => [choice])];
}

function named(choice: Choice) {
  const { attack, route, mode } = choice;
  return { ...choice, name: `${attack.id} ${attack.title}, in a ${route} with ${mode} (${attack.held})` };
}
