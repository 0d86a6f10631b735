import type { Order } from "../../api/cell/order.ts";
import type { MergedSource, Verdict } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";

/** The sources of an order without their mirrors. */
export function mergedSourcesOf({ sources }: Pick<Order, "sources">): MergedSource[] {
  return sources.map(({ repository, directory, commit }) => ({ repository, directory, commit }));
}

/**
 * The sources of a verdict whose branches are ahead now, with the newer commits. Empty while the verdict answers the
 * newest base. The newest base that a builder of the check has fetched counts. A base from before the build counts only
 * if it is broken: then the build used the last good base.
 */
export function olderBaseOf(
  verdict: Pick<Verdict, "sources" | "startedAt">,
  check: string,
  builders: readonly Pick<Builder, "status">[],
): readonly MergedSource[] {
  const bases = builders.flatMap(({ status }) => status?.bases ?? []).filter((one) => one.check === check);
  const newest = bases.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
  if (newest === undefined) return [];
  if (newest.broken === undefined && Date.parse(newest.at) <= Date.parse(verdict.startedAt)) return [];
  const used = new Map(verdict.sources?.map(({ directory, commit }) => [directory, commit]));
  return (newest.sources ?? []).filter(({ directory, commit }) => (used.get(directory) ?? commit) !== commit);
}

/** The newer commits, such as `o/r is at 1234567890`; undefined while the verdict answers the newest base. */
export function olderBaseClauseOf(newer: readonly MergedSource[]): string | undefined {
  if (newer.length === 0) return undefined;
  return newer.map(({ repository, commit }) => `${repository} is at ${commit.slice(0, 10)}`).join(", ");
}
