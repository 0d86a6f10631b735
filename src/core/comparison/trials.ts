import type { Build, Verdict } from "../../api/objects/build.ts";
import type { Disagreement } from "../../api/objects/comparison.ts";
import { verdictsOf } from "../build/verdicts.ts";
import { agrees, type Comparison, comparison, newestOfEach, sideOf } from "./compare.ts";

/** One verdict of a canary beside the loud verdicts of the same pool on the same commit. */
export interface Trial extends Comparison {
  /** Name of the loud Build. */
  readonly build: string;
  readonly revision: string;
  /**
   * - `Agrees`: both sides built the commit, with the same result.
   * - `Differs`: the results differ, and the loud side must build the commit once more.
   * - `Confirmed`: the loud side built the commit once more, with its first result.
   * - `Flaky`: the loud results differ among themselves.
   */
  readonly outcome: "Agrees" | "Differs" | "Confirmed" | "Flaky";
}

const compiled: ReadonlySet<string> = new Set(["Success", "Failure", "DoctorError"]);

/**
 * The trials of all revisions of a pool, from its shadows of its own Builds. Without a loud verdict there is no trial.
 * Verdicts without a build, such as a conflict on both sides, say nothing about a revision. A commit that is no longer
 * the head, or is blocked, cannot be built again, so a difference there is no trial.
 */
export function trialsOf(pool: string, builds: readonly Build[]): readonly Trial[] {
  const own = builds.filter(({ spec }) => spec.pool === pool);
  const shadows = own.filter(({ spec }) => spec.shadow?.pool === pool);
  const byName = new Map(shadows.length === 0 ? [] : own.map((build) => [build.metadata.name, build]));
  return shadows.flatMap((shadow) => {
    const loud = byName.get(shadow.spec.shadow?.of ?? "");
    if (loud === undefined) return [];
    return newestOfEach(verdictsOf(shadow)).flatMap((verdict) => trialOf(pool, shadow, loud, verdict));
  });
}

/** The trial of a commit as an entry of `status.canary.agreed`. */
export function trialKeyOf({ build, commit }: Pick<Trial, "build" | "commit">): string {
  return `${build}@${commit.slice(0, 10)}`;
}

/** The trial as the status of a pool shows a disagreement. */
export function disagreementOf({ check, repository, number, commit, own, other }: Trial): Disagreement {
  return {
    check,
    repository,
    number,
    commit,
    result: own.result,
    url: own.url,
    otherResult: other.result,
    otherUrl: other.url,
  };
}

function trialOf(pool: string, shadow: Build, loud: Build, verdict: Verdict): readonly Trial[] {
  const { commit, revision } = verdict;
  const others = verdictsOf(loud).filter(
    (one) => !one.silent && one.commit === commit && one.revision !== verdict.revision,
  );
  const [newest] = others;
  if (revision === undefined || newest === undefined) return [];
  const compared = comparison(shadow, pool, verdict, sideOf(newest));
  const trial = { ...compared, build: loud.metadata.name, revision };
  if (new Set(others.map((one) => sideOf(one).isGreen)).size > 1) return [{ ...trial, outcome: "Flaky" }];
  if (agrees(trial)) {
    const isBuilt = compiled.has(verdict.result) && compiled.has(newest.result);
    return isBuilt ? [{ ...trial, outcome: "Agrees" }] : [];
  }
  if (loud.spec.commit !== commit) return [];
  const { confirm, blocked } = loud.spec;
  const isConfirmed = confirm?.revision === revision && newest.attempt > confirm.attempt;
  if (isConfirmed) return [{ ...trial, outcome: "Confirmed" }];
  return blocked === undefined ? [{ ...trial, outcome: "Differs" }] : [];
}
