import type { Milliseconds } from "../../api/values/duration.ts";
import type { Clock } from "../../system/clock.ts";
import { accessPause } from "./pauses.ts";

/** Writes refused by GitHub for want of access, per pool. In memory only: the next attempt refills it. */
export interface Refusals {
  /** `gate` names a group of writes that GitHub refuses together. */
  refuse(pool: string, gate: string, message: string): void;
  allow(pool: string, gate: string): void;
  /** Why the pool's reports wait for a person, as a sentence; undefined while no report waits. */
  of(pool: string): string | undefined;
}

/** A waiting report is retried within this time, so no report waits for an older refusal. */
const outdated: Milliseconds = 2 * accessPause;

export function createRefusals(clock: Pick<Clock, "monotonic">): Refusals {
  const refused = new Map<string, Map<string, { readonly message: string; readonly at: Milliseconds }>>();
  return {
    refuse(pool, gate, message) {
      const before = refused.get(pool) ?? new Map();
      refused.set(pool, before.set(gate, { message, at: clock.monotonic() }));
    },
    allow: (pool, gate) => void refused.get(pool)?.delete(gate),
    of(pool) {
      const fresh = [...(refused.get(pool)?.values() ?? [])].filter(({ at }) => clock.monotonic() - at < outdated);
      return fresh[0]?.message;
    },
  };
}
