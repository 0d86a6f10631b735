import type { Build, Verdict, VerdictResult } from "../../api/objects/build.ts";
import { verdictsOf } from "../build/verdicts.ts";
import { isActive } from "../partition/active.ts";
import { redResults } from "../partition/avoid.ts";
import { mayBuild } from "../partition/restriction.ts";
import { companyOf, type SilenceView } from "../partition/silence.ts";

/** This many red verdicts in a row of one builder, on different pull requests, need a second opinion. */
export const streakLength = 3;

/** A builder with one generation of its trees. */
export interface BuilderTrees {
  readonly builder: string;
  readonly generation: number;
}

type Past = Omit<Verdict, "excerpt">;
type OwnVerdict = Pick<Past, "commit" | "attempt" | "builder" | "generation">;

/** One red verdict of a streak. */
export interface Red<B extends Build = Build> {
  readonly build: B;
  readonly verdict: Past;
  /** Whether the verdict is the last one on the current commit of its Build. */
  readonly isCurrent: boolean;
}

/** The red verdicts in a row of one builder on one generation of its trees. */
export interface Streak<B extends Build = Build> {
  /**
   * - `None`: too few red verdicts, or another opinion confirmed one of them.
   * - `Open`: a second opinion is missing.
   * - `Refuted`: another builder, or fresh trees, built one of the pull requests with success.
   */
  readonly state: "None" | "Open" | "Refuted";
  /** Newest first. */
  readonly reds: readonly Red<B>[];
}

/**
 * The red verdicts in a row of a builder, from the Builds of its pool. Verdicts of one builder are ordered by its own
 * clock. A success ends the row. So does a red verdict that another opinion confirmed: the builder then told the truth.
 */
export function streakOf<B extends Build>({ builder, generation }: BuilderTrees, builds: readonly B[]): Streak<B> {
  const isOwn = (verdict: Past) => verdict.builder === builder && (verdict.generation ?? 0) === generation;
  return rowOf(builds.flatMap((build) => given(build).filter(({ verdict }) => isOwn(verdict))));
}

/** The streaks of all builders and of all generations of their trees, in one pass over the Builds. */
export function streaksOf<B extends Build>(
  builds: readonly B[],
): readonly (Streak<B> & { readonly builder: string })[] {
  const groups = Map.groupBy(builds.flatMap(given), ({ verdict }) => `${verdict.builder} ${verdict.generation ?? 0}`);
  return [...groups.values()]
    .filter((verdicts) => verdicts.length >= streakLength)
    .map((verdicts) => ({ ...rowOf(verdicts), builder: verdicts[0]?.verdict.builder ?? "" }));
}

interface Given<B extends Build> {
  readonly build: B;
  readonly verdict: Past;
}

/** The verdicts of a Build that count. A shadow reddens nobody. */
function given<B extends Build>(build: B): Given<B>[] {
  if (build.spec.shadow !== undefined) return [];
  return verdictsOf(build).flatMap((verdict) => (verdict.cause === undefined ? [{ build, verdict }] : []));
}

function rowOf<B extends Build>(own: Given<B>[]): Streak<B> {
  const reds: Red<B>[] = [];
  let isRefuted = false;
  for (const { build, verdict } of own.sort((a, b) => compareEnds(b.verdict, a.verdict))) {
    if (verdict.result === "Success") break;
    if (!redResults.has(verdict.result) || isRedElsewhere(build, verdict)) continue;
    const opinion = opinionOn(build, verdict);
    if (opinion === "Confirmed") break;
    isRefuted ||= opinion === "Refuted";
    const { status, spec } = build;
    const isCurrent = status?.verdict?.attempt === verdict.attempt && spec.commit === verdict.commit;
    reds.push({ build, verdict, isCurrent });
  }
  const different = new Set(reds.map(({ build: { spec } }) => `${spec.repository}#${spec.number}`)).size;
  if (different < streakLength) return { state: "None", reds };
  return { state: isRefuted ? "Refuted" : "Open", reds };
}

/** ISO times of one clock sort as texts. */
function compareEnds({ finishedAt: a }: Past, { finishedAt: b }: Past): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A later verdict on the same commit, by another builder or on other trees. */
function opinionOn(build: Build, { commit, attempt, builder, generation }: Past): "Confirmed" | "Refuted" | undefined {
  const others = verdictsOf(build).filter(
    (one) =>
      one.commit === commit &&
      one.attempt > attempt &&
      (one.builder !== builder || (one.generation ?? 0) !== (generation ?? 0)),
  );
  if (others.some(({ result }) => result === "Success")) return "Refuted";
  return others.some(({ result }) => redResults.has(result)) ? "Confirmed" : undefined;
}

/**
 * Whether another builder, or other trees, had failed the commit before. Such a verdict agrees with another one, so it
 * neither counts in a row nor ends it. A withdrawn verdict does not count, nor one before a success on the commit.
 */
function isRedElsewhere(build: Build, { commit, attempt, builder, generation }: OwnVerdict): boolean {
  const { opinion } = build.spec;
  const earlier = verdictsOf(build).filter((one) => one.commit === commit && one.attempt < attempt);
  const refutedBefore = Math.max(0, ...earlier.flatMap((one) => (one.result === "Success" ? [one.attempt] : [])));
  return earlier.some(
    (one) =>
      redResults.has(one.result) &&
      one.attempt > refutedBefore &&
      (one.builder !== builder || (one.generation ?? 0) !== (generation ?? 0)) &&
      !(opinion?.kind === "Withdrawn" && opinion.attempt === one.attempt),
  );
}

/**
 * Whether a builder must not give this verdict on a Build that it holds: it gave three red ones in a row, and a second
 * opinion is missing. A red verdict on a commit that another builder failed before is given. Otherwise two builders
 * with three red verdicts each would wait for each other's opinion for ever.
 */
export function mustWithhold(
  result: VerdictResult,
  { builder, generation }: BuilderTrees,
  builds: readonly Build[],
  build: Build,
): boolean {
  if (!redResults.has(result) || streakOf({ builder, generation }, builds).state === "None") return false;
  const { attempt = Number.POSITIVE_INFINITY, commit = build.spec.commit } = build.status?.claim ?? {};
  return !isRedElsewhere(build, { commit, attempt, builder, generation });
}

/** The red verdicts of a streak that an opinion can confirm or refute, newest first. */
export function currentRedsOf<B extends Build>(reds: readonly Red<B>[]): readonly Red<B>[] {
  return reds.filter(({ isCurrent, build: { spec } }) => isCurrent && spec.blocked === undefined);
}

/**
 * The reason why a builder must throw its trees away now; undefined if it must not. With `Refuted`, all red verdicts of
 * the streak are withdrawn already. With `Alone`, no other builder can give the second opinion: a builder on the other
 * side of silence cannot, and neither can a builder whose `force-hashes` leaves the oldest red commit out.
 */
export function staleTreesOf(
  trees: BuilderTrees,
  builds: readonly Build[],
  view: Omit<SilenceView, "self">,
): { readonly reason: "Refuted" | "Alone"; readonly reds: number } | undefined {
  const { state, reds } = streakOf(trees, builds);
  if (state === "Open") {
    const asked = currentRedsOf(reds).at(-1)?.build;
    const canHelp = companyOf({ ...view, self: trees.builder }).builders.some(
      (one) => one.metadata.name !== trees.builder && isActive(one) && (asked === undefined || mayBuild(one, asked)),
    );
    if (!canHelp) return { reason: "Alone", reds: reds.length };
  }
  if (state !== "Refuted" || !reds.every(isWithdrawn)) return undefined;
  return { reason: "Refuted", reds: reds.length };
}

/** A verdict that is no longer the current one, or on a blocked pull request, needs no withdrawal. */
function isWithdrawn({ isCurrent, verdict, build: { spec } }: Red): boolean {
  const { opinion, blocked } = spec;
  return !isCurrent || blocked !== undefined || (opinion?.kind === "Withdrawn" && opinion.attempt === verdict.attempt);
}
