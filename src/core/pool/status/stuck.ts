import type { Member } from "../builder/member.ts";

/**
 * The clause about pods that do not start, to append to a sentence: the first reason and the number of other pods. May
 * be empty.
 */
export function startFailureOf(members: readonly Member[]): string {
  const [first, ...others] = members.filter(({ pod }) => pod?.startFailure !== undefined);
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : `, and ${others.length} more do not`;
  return `; "${first.name}" does not start: ${first.pod?.startFailure}${more} (kubectl describe pod ${first.name})`;
}
