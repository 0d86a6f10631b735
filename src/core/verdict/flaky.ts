import type { Build, Verdict } from "../../api/objects/build.ts";
import { verdictsOf } from "../build/verdicts.ts";

type Past = Omit<Verdict, "excerpt">;

/**
 * The verdicts on the current commit if they differ, newest first: a success, and a failure of the same commit. Empty
 * if they agree. A withdrawn verdict does not count.
 */
export function flakyVerdictsOf(build: Build): readonly Past[] {
  const { spec } = build;
  const { opinion } = spec;
  const counted = verdictsOf(build).filter(
    ({ commit, cause, result, attempt }) =>
      commit === spec.commit &&
      cause === undefined &&
      (result === "Success" || result === "Failure") &&
      !(opinion?.kind === "Withdrawn" && opinion.attempt === attempt),
  );
  return new Set(counted.map(({ result }) => result)).size > 1 ? counted : [];
}

/** The clause `the check is flaky: Success on o2-1, Failure on o2-0`; undefined if all verdicts on the commit agree. */
export function flakyClauseOf(build: Build): string | undefined {
  const verdicts = flakyVerdictsOf(build);
  if (verdicts.length === 0) return undefined;
  const list = verdicts.map(
    ({ result, builder, finishedAt }) => `${result} on ${builder} at ${finishedAt.slice(0, 16)}Z`,
  );
  return `the check is flaky on this commit: ${list.join(", ")}`;
}
