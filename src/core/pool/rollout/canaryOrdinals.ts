import { isEnding } from "../builder/member.ts";
import { hostNamesOf } from "../hostNames.ts";
import type { ObservedPool } from "../observed.ts";
import { poolBudgetOf } from "./budget.ts";

/** The number of canaries of a pool: as declared, and at least one other builder stays loud. Hosts are no canaries. */
export function canaryCountOf(observed: ObservedPool): number {
  const { instances, update } = observed.pool.spec;
  const wanted = update.canary?.builders ?? 0;
  const pods = instances + Math.min(wanted, poolBudgetOf(observed).maxSurge);
  return instances === 0 ? 0 : Math.max(0, Math.min(wanted, pods, pods + hostNamesOf(observed).length - 1));
}

/**
 * The ordinals that try the target revision: builders that have the revision already, then surge places, then the
 * highest ordinals.
 */
export function canaryOrdinalsOf(observed: ObservedPool, target: string): ReadonlySet<number> {
  const count = canaryCountOf(observed);
  const places = observed.pool.spec.instances + Math.min(count, poolBudgetOf(observed).maxSurge);
  const updated = new Set(
    observed.members
      .filter((member) => member.pod?.revision === target && !isEnding(member))
      .map(({ ordinal }) => ordinal),
  );
  const ordinals = Array.from({ length: places }, (_, ordinal) => ordinal).sort(
    (a, b) => Number(updated.has(b)) - Number(updated.has(a)) || b - a,
  );
  return new Set(ordinals.slice(0, count));
}

/** The number of surge places among the ordinals of canaries. */
export function canarySurgeOf(ordinals: ReadonlySet<number>, instances: number): number {
  return Math.max(0, ...[...ordinals].map((ordinal) => ordinal + 1 - instances));
}
