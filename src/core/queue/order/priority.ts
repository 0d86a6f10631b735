import type { Build } from "../../../api/objects/build.ts";

/**
 * Compares the priority of two builds: the priority label first, then the longest waiting time. Ties go by number and
 * check, so all builders agree. Negative if `a` has the higher priority.
 */
export function compareWaiting({ spec: a }: Build, { spec: b }: Build): number {
  if (a.urgent !== b.urgent) return a.urgent ? -1 : 1;
  if (a.waitingSince !== b.waitingSince) return a.waitingSince < b.waitingSince ? -1 : 1;
  return a.number - b.number || (a.check < b.check ? -1 : Number(a.check > b.check));
}
