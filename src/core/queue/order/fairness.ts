import type { Build } from "../../../api/objects/build.ts";
import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { compareWaiting } from "./priority.ts";

/** The rules of a pool that share turns among groups of builds. */
export type Fairness = BuilderPoolSpec["fairness"];

/** The builds of a pool and its rules. */
export interface FairnessInput {
  /** All Builds of the pool: the tested ones show the last turns of their groups. */
  readonly builds: readonly Build[];
  readonly fairness?: Fairness | undefined;
  readonly now: Milliseconds;
}

/** Compares two untested builds. Negative if `a` goes first. */
export type Order = (a: Build, b: Build) => number;

/**
 * The order of the untested builds: the priority label first, then fair turns, then the waiting time.
 *
 * The group with the oldest turn goes first. Groups without a turn go before all others. So a group that waits is
 * overtaken by another group at most as often as the weight of that group, and a group with few builds does not wait
 * behind a group with many. A group that was alone pays one place for all its turns. Among builds of one group, and of
 * groups without a turn, the waiting time decides.
 */
export function fairOrderOf({ builds, fairness, now }: FairnessInput): Order {
  if (fairness === undefined || fairness.by.length === 0) return compareWaiting;
  let turns: ReadonlyMap<string, string> | undefined;
  const turnOf = (build: Build) => {
    turns ??= turnsOf(builds, fairness, now);
    return turns.get(groupOf(build, fairness)) ?? "";
  };
  return (a, b) => {
    if (a.spec.urgent !== b.spec.urgent) return compareWaiting(a, b);
    const [first, second] = [turnOf(a), turnOf(b)];
    return first === second ? compareWaiting(a, b) : first < second ? -1 : 1;
  };
}

/**
 * The turn that places each group: its last one, or an earlier one for a larger weight. A turn in the future comes from
 * a wrong clock and is ignored.
 */
function turnsOf(builds: readonly Build[], fairness: Fairness, now: Milliseconds): ReadonlyMap<string, string> {
  const end = new Date(now).toISOString();
  const latest = new Map<string, LatestTurns>();
  for (const build of builds) {
    const turn = build.status?.lastTurn;
    if (turn === undefined || turn > end) continue;
    const group = groupOf(build, fairness);
    const known = latest.get(group) ?? { weight: weightOf(build, fairness), turns: [] };
    latest.set(group, known);
    addTurn(known, turn);
  }
  return new Map(
    [...latest].flatMap(([group, { weight, turns }]): [string, string][] => {
      const turn = turns[weight - 1];
      return turn === undefined ? [] : [[group, turn]];
    }),
  );
}

/** The last turns of one group, newest first, at most as many as its weight. */
interface LatestTurns {
  readonly weight: number;
  readonly turns: string[];
}

function addTurn({ weight, turns }: LatestTurns, turn: string): void {
  const place = turns.findIndex((one) => one < turn);
  if (place !== -1) turns.splice(place, 0, turn);
  else if (turns.length < weight) turns.push(turn);
  if (turns.length > weight) turns.pop();
}

/** GitHub ignores the case of repositories, contexts and logins. */
const fieldOf = {
  Repository: ({ spec }: Build) => spec.repository.toLowerCase(),
  Check: ({ spec }: Build) => spec.check.toLowerCase(),
  Author: ({ spec }: Build) => spec.author.toLowerCase(),
} as const satisfies Record<Fairness["by"][number], (build: Build) => string>;

function groupOf(build: Build, { by }: Fairness): string {
  return by.map((kind) => fieldOf[kind](build)).join("\0");
}

/** The weight of the first entry that names no other repository, check or author; otherwise 1. */
function weightOf(build: Build, { weights }: Fairness): number {
  const isSame = (wanted: string | undefined, value: string) => wanted === undefined || wanted.toLowerCase() === value;
  const entry = weights.find(
    ({ repository, check, author }) =>
      isSame(repository, fieldOf.Repository(build)) &&
      isSame(check, fieldOf.Check(build)) &&
      isSame(author, fieldOf.Author(build)),
  );
  return entry?.weight ?? 1;
}

/** The group of a build in words, such as `o/r, build/O2`, and the time of its last turn; undefined without one. */
export function lastTurnOf(
  build: Build,
  { builds, fairness, now }: FairnessInput,
): { readonly group: string; readonly at: string } | undefined {
  if (fairness === undefined || fairness.by.length === 0) return undefined;
  const at = turnsOf(builds, fairness, now).get(groupOf(build, fairness));
  const { repository, check, author } = build.spec;
  const names = { Repository: repository, Check: check, Author: author };
  return at === undefined ? undefined : { group: fairness.by.map((kind) => names[kind]).join(", "), at };
}
