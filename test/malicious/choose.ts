import { execFileSync } from "node:child_process";
import { randomOf } from "../support/random.ts";
import { type Attack, type Attempt, isPossible, type Mode, routes, routesOf } from "./attack.ts";
import { measured } from "./held.ts";

/** An attack by one route in one mode. */
export interface Choice extends Attempt {
  readonly mode: Mode;
}

/**
 * The attempts for MALICIOUS: the size of a random sample, or words with commas between them. A word is an id, `all`, a
 * mode or a route. Without a mode or a route, all of them are meant. A sample contains only attempts that were held
 * before, each attack once, and none that needs an `up` of its own. Throws an Error for people if a word is none of these.
 */
export function choicesOf(
  wanted: string,
  corpus: readonly Attack[],
  seed: number,
  modes: readonly Mode[],
): readonly Choice[] {
  if (/^[0-9]+$/.test(wanted)) return sample(Number(wanted), corpus, randomOf(seed), modes);
  const words = wanted.split(",");
  const known = ["all", ...modes, ...routes, ...corpus.map(({ id }) => id)];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined)
    throw new Error(`MALICIOUS=${wanted}: expected \`all\`, a number or ids such as I-01, found ${unknown}`);
  const named = corpus.filter(({ id }) => words.includes(id));
  return modes
    .filter((mode) => isMeant(mode, modes, words))
    .flatMap((mode) => attemptsOf(named.length === 0 ? corpus : named).map((attempt) => ({ ...attempt, mode })))
    .filter(({ route, mode, attack }) => isMeant(route, routes, words) && isPossible(attack, mode));
}

function isMeant(word: string, all: readonly string[], words: readonly string[]): boolean {
  return words.includes(word) || !all.some((one) => words.includes(one));
}

function attemptsOf(attacks: readonly Attack[]): readonly Attempt[] {
  return routes.flatMap((route) =>
    attacks.filter((attack) => routesOf(attack).includes(route)).map((attack) => ({ attack, route })),
  );
}

/** Each mode gets an equal part of the sample, and a third of each part is carried by recipes that were held. */
function sample(
  size: number,
  corpus: readonly Attack[],
  random: () => number,
  modes: readonly Mode[],
): readonly Choice[] {
  const shuffled = corpus
    .filter(({ volume }) => volume === undefined)
    .map((attack) => ({ attack, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ attack }) => attack);
  const part = Math.ceil(size / modes.length);
  const taken = new Set<Attack>();
  const take = (mode: Mode, route: Attempt["route"], most: number): readonly Choice[] => {
    const isFree = (attack: Attack) => !taken.has(attack) && measured[route][mode][attack.id] === "held";
    const some = shuffled.filter(isFree).slice(0, most);
    for (const attack of some) taken.add(attack);
    return some.map((attack) => ({ attack, route, mode }));
  };
  return modes.flatMap((mode) => {
    const byRecipe = take(mode, "recipe", Math.floor(part / 3));
    return [...take(mode, "source", part - byRecipe.length), ...byRecipe];
  });
}

/** MALICIOUS_SEED, or a number from the commit, so that one commit always has the same sample. */
export function seedOf(root: string): number {
  const given = process.env["MALICIOUS_SEED"];
  if (given !== undefined && given !== "") return Number(given);
  try {
    const commit = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number.parseInt(commit.slice(0, 8), 16);
  } catch {
    return Math.floor(Date.now() / 86_400_000); // a source archive has no commit, so the sample changes every day
  }
}
