import type { Build, OtherStatus, Verdict } from "../../api/objects/build.ts";
import { isShadow } from "../build/state.ts";
import { verdictsOf } from "../build/verdicts.ts";
import { verdictStatusOf } from "../report/post/status.ts";

/** The name of the other side when another system published the status. */
export const onGitHub = "github";

/** One side of a comparison. */
export interface Side {
  /** The result of the build; for a status on GitHub its state. */
  readonly result: string;
  readonly isGreen: boolean;
  /** Link to the log; empty for no link. */
  readonly url: string;
  /** Duration of the build; absent if nothing was compiled, or if the duration is unknown. */
  readonly seconds?: number;
}

/** Two results for one commit and check. */
export interface Comparison {
  /** The loud pool, or `github`. */
  readonly with: string;
  /** Revision of the builder that gave this pool's verdict. */
  readonly revision?: string;
  readonly check: string;
  readonly repository: string;
  readonly number: number;
  readonly commit: string;
  readonly own: Side;
  readonly other: Side;
}

/** Whether both sides are green, or both are red. */
export function agrees({ own, other }: Comparison): boolean {
  return own.isGreen === other.isGreen;
}

/**
 * The results of a pool beside other results for the same commits, one for each commit and revision. Verdicts of
 * shadows are compared with published verdicts of the Build that they repeat. Other verdicts are compared with statuses
 * of another system. `builds` are the Builds of all pools.
 */
export function comparisonsOf(pool: string, builds: readonly Build[]): readonly Comparison[] {
  const own = builds.filter(({ spec }) => spec.pool === pool);
  const others = own.some(isShadow)
    ? new Map(builds.map((build) => [build.metadata.name, build]))
    : new Map<string, Build>();
  return own.flatMap((build) => {
    const { shadow, otherStatus } = build.spec;
    if (shadow !== undefined) return withLoud(build, shadow.pool, others.get(shadow.of));
    return otherStatus === undefined ? [] : withStatus(build, otherStatus);
  });
}

function withLoud(build: Build, pool: string, loud: Build | undefined): readonly Comparison[] {
  if (loud === undefined) return [];
  const published = verdictsOf(loud).filter(({ silent }) => !silent);
  return newestOfEach(verdictsOf(build)).flatMap((verdict) => {
    const other = published.find(({ commit }) => commit === verdict.commit);
    return other === undefined ? [] : [comparison(build, pool, verdict, sideOf(other))];
  });
}

function withStatus(build: Build, { commit, state, url }: OtherStatus): readonly Comparison[] {
  const verdict = verdictsOf(build).find((one) => one.commit === commit);
  if (verdict === undefined || state === "pending") return [];
  return [comparison(build, onGitHub, verdict, { result: state, isGreen: state === "success", url })];
}

/** The comparison of one verdict of a Build with another result. */
export function comparison({ spec }: Build, pool: string, verdict: Verdict, other: Side): Comparison {
  const { check, repository, number } = spec;
  const { commit, revision } = verdict;
  const own = sideOf(verdict);
  return { with: pool, ...(revision === undefined ? {} : { revision }), check, repository, number, commit, own, other };
}

/** The side of a verdict. */
export function sideOf(verdict: Verdict): Side {
  const { result, startedAt, finishedAt } = verdict;
  const { state, url } = verdictStatusOf("", verdict);
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const isBuilt = (result === "Success" || result === "Failure") && seconds > 0;
  return { result, isGreen: state === "success", url, ...(isBuilt ? { seconds } : {}) };
}

/** The newest verdict of each commit and revision. */
export function newestOfEach(verdicts: readonly Verdict[]): readonly Verdict[] {
  const keyOf = ({ commit, revision }: Verdict) => `${commit} ${revision}`;
  return verdicts.filter((one, n) => verdicts.findIndex((other) => keyOf(other) === keyOf(one)) === n);
}
