import type { Proofs } from "../../builder/world.ts";
import { hasSlept } from "../../core/host/renewal.ts";
import type { Instant } from "../../core/liveness/heartbeat.ts";
import type { Clock } from "../../system/clock.ts";

/** Milliseconds that a proof suffices for a claim. */
const longestProof = 60 * 60_000;

/** The proofs of a host. `observe` must be called with each heartbeat. */
export interface HostProofs extends Proofs {
  /** Notes the time, to notice a sleep of the machine. */
  observe(): void;
}

/**
 * The tool chain of a host changes without its agent: by an update of the system, by another program, or during a
 * sleep. The proof is due after each of them, and before a claim when it is an hour old.
 */
export function createProofs(clock: Pick<Clock, "now" | "monotonic">, systemBuild: () => Promise<string>): HostProofs {
  let seen: Instant | undefined;
  let provedAt: Instant | undefined;
  let provedBuild: string | undefined;
  let hasWoken = false;

  function instant(): Instant {
    return { wall: clock.now(), monotonic: clock.monotonic() };
  }
  function observe(): void {
    const now = instant();
    hasWoken ||= seen !== undefined && hasSlept(seen, now);
    seen = now;
  }

  return {
    observe,
    async due(isBeforeClaim) {
      observe();
      if (provedAt === undefined) return undefined; // The warm-up is the first proof.
      if (hasWoken) return "the machine slept, or its clock was set";
      const build = await systemBuild();
      if (build !== provedBuild) return `the system changed from ${provedBuild} to ${build}`;
      const age = instant().monotonic - provedAt.monotonic;
      return isBeforeClaim && age > longestProof ? "the last test is more than an hour old" : undefined;
    },
    async passed() {
      provedBuild = await systemBuild();
      provedAt = instant();
      hasWoken = false;
    },
  };
}
