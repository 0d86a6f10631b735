import type { Build } from "../../api/objects/build.ts";

/**
 * Who is next: the priority label, then who waits longest; ties by number and check, so that every builder sees the same
 * order. Negative when `a` goes first.
 */
export function compareWaiting({ spec: a }: Build, { spec: b }: Build): number {
  if (a.urgent !== b.urgent) return a.urgent ? -1 : 1;
  if (a.waitingSince !== b.waitingSince) return a.waitingSince < b.waitingSince ? -1 : 1;
  return a.number - b.number || (a.check < b.check ? -1 : Number(a.check > b.check));
}
