import type { Member } from "../builder/member.ts";

/** What keeps pods from starting, to be put behind a sentence: of the first one, and how many more there are. Empty when nothing does. */
export function startFailureOf(members: readonly Member[]): string {
  const [first, ...others] = members.filter(({ pod }) => pod?.startFailure !== undefined);
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : `, and ${others.length} more do not`;
  return `; "${first.name}" does not start: ${first.pod?.startFailure}${more} (kubectl describe pod ${first.name})`;
}
