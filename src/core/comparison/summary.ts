import type { BuilderPoolStatus } from "../../api/objects/pool.ts";
import { agrees, type Comparison } from "./compare.ts";

type Summary = NonNullable<BuilderPoolStatus["comparisons"]>[number];

/** Limits of the status of a pool. */
const most = { summaries: 8, disagreements: 10 };

/** The comparisons of a pool for its status: one summary for each other side and revision, most compared first. */
export function summariesOf(comparisons: readonly Comparison[]): readonly Summary[] {
  const groups = Map.groupBy(comparisons, (one) => JSON.stringify([one.with, one.revision ?? ""]));
  return [...groups]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .slice(0, most.summaries)
    .flatMap(([, group]) => (group[0] === undefined ? [] : [summaryOf(group[0], group)]));
}

function summaryOf({ with: other, revision }: Comparison, group: readonly Comparison[]): Summary {
  const different = group.filter((one) => !agrees(one));
  const ratio = durationRatioOf(group);
  return {
    with: other,
    ...(revision === undefined ? {} : { revision }),
    compared: group.length,
    agreements: group.length - different.length,
    disagreements: different.length,
    ...(ratio === undefined ? {} : { durationRatio: ratio }),
    ...(different.length === 0
      ? {}
      : {
          different: different
            .slice(0, most.disagreements)
            .map(({ check, repository, number, commit, own, other: theirs }) => ({
              check,
              repository,
              number,
              commit,
              result: own.result,
              url: own.url,
              otherResult: theirs.result,
              otherUrl: theirs.url,
            })),
        }),
  };
}

/**
 * Total duration here, divided by the total duration of the other side, as text. Counts commits built on both sides.
 */
export function durationRatioOf(comparisons: readonly Comparison[]): string | undefined {
  let [own, other] = [0, 0];
  for (const one of comparisons) {
    if (one.own.seconds === undefined || one.other.seconds === undefined) continue;
    own += one.own.seconds;
    other += one.other.seconds;
  }
  return other === 0 ? undefined : (own / other).toFixed(2);
}
