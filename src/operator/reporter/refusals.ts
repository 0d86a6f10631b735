import type { Milliseconds } from "../../api/values/duration.ts";
import type { Clock } from "../../system/clock.ts";
import { unauthorizedPause } from "./pauses.ts";

/** What GitHub does not let the credentials of pools write. In memory only: the next attempt says it again. */
export interface Refusals {
  /** `gate` names what is refused together. */
  refuse(pool: string, gate: string, message: string): void;
  allow(pool: string, gate: string): void;
  /** Why reports of the pool wait for a person, as a sentence; undefined when none does. */
  of(pool: string): string | undefined;
}

/** A report that still waits has been tried again by then, so nobody waits for what was refused longer ago. */
const outdated: Milliseconds = 2 * unauthorizedPause;

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
