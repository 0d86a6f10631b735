import type { Milliseconds } from "../../api/values/duration.ts";
import type { ParkedArea } from "./areas.ts";
import type { AreaName } from "./plan.ts";

/** The facts that decide which work areas are deleted. */
export interface ExpiryFacts {
  readonly parked: readonly ParkedArea[];
  /** Whether a Build, or a check with a shared tree, still needs the work area. */
  isWanted(area: AreaName): boolean;
  readonly now: number;
  readonly maxAge: Milliseconds;
}

/**
 * The work areas to delete: those without a Build first, then those without use for `maxAge`. `ifShort` follows, the
 * oldest first, while the disk is short. The newest wanted work area always stays: if others use the space, its
 * deletion would only make the next build cold.
 */
export function expiredAreas({ parked, isWanted, now, maxAge }: ExpiryFacts): {
  readonly expired: readonly ParkedArea[];
  readonly ifShort: readonly ParkedArea[];
} {
  const oldestFirst = parked.toSorted((a, b) => a.lastUsed - b.lastUsed);
  const closed = oldestFirst.filter((area) => !isWanted(area));
  const wanted = oldestFirst.filter(isWanted);
  const old = wanted.filter(({ lastUsed }) => lastUsed < now - maxAge);
  return { expired: [...closed, ...old], ifShort: wanted.slice(old.length, -1) };
}
