import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Attempt, type Mode, modes } from "../../malicious/attack.ts";
import { type Choice, choicesOf, seedOf } from "../../malicious/choose.ts";
import { corpus } from "../../malicious/corpus.ts";
import { measured } from "../../malicious/held.ts";
import { groupsOf, judge } from "../../malicious/judge.ts";

const wanted = process.env["MALICIOUS"] || "12";
const seed = seedOf(resolve(import.meta.dirname, "../../.."));
const choices = choicesOf(wanted, corpus, seed);
/** Attacks that share one `up`. */
const most = 6;
/** Machines at a time. */
const width = 2;

/** Attacks that were measured and not held get a machine of their own: they disturb others. */
function trialsOf(mode: Mode): readonly (readonly Attempt[])[] {
  const ours = choices.filter((choice) => choice.mode === mode);
  const isOpen = ({ attack, route }: Attempt) => (measured[route][mode][attack.id] ?? "held") !== "held";
  const closed = ours.filter((choice) => !isOpen(choice));
  return [...groupsOf(closed, most), ...ours.filter(isOpen).map((choice) => [choice])];
}

const effects = new Map<string, readonly string[]>();

const keyOf = ({ mode, route, attack }: Choice) => `${mode} ${route} ${attack.id}`;

/** One of each mode at a time. */
const trials = modes
  .flatMap((mode, index) => trialsOf(mode).map((attempts, at) => ({ mode, attempts, at, index })))
  .toSorted((a, b) => a.at - b.at || a.index - b.index);
/** Milliseconds. A trial that finds something is repeated with fewer attacks. */
const longest = 600_000 + (360_000 * trials.length) / width;

describe.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)("a malicious pull request", () => {
  beforeAll(async () => {
    const listed = choices.map(({ attack, route }) => `${attack.id} (${route})`).join(" ");
    console.log(`malicious: MALICIOUS=${wanted} MALICIOUS_SEED=${seed}: ${listed}`);
    const queue = [...trials];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { attempts, mode } = next;
        const judged = await judge(attempts, mode);
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
    expect(found, `repeat with: make malicious MALICIOUS=${attack.id},${route},${mode}`).toEqual([]);
  });
});

function named(choice: Choice) {
  const { attack, route, mode } = choice;
  return { ...choice, name: `${attack.id} ${attack.title}, in a ${route} with ${mode} (${attack.held})` };
}
