import type { Stored } from "../../api/objects/kinds.ts";
import type { Lease } from "../../api/objects/lease.ts";
import type { Instant } from "../../core/liveness/heartbeat.ts";
import { type Clock, timestamp } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError } from "../error.ts";
import type { ObjectStore } from "../objectStore.ts";

/** A process that may become the leader. */
export interface Candidate {
  /** Name of the Lease. */
  readonly name: string;
  /** Identity of this process; unique per process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Result of one attempt to acquire or renew the Lease. */
export type LeaseState =
  /** This process acquired or renewed the Lease; `since` is an instant before the request was sent. */
  | { readonly holder: "Self"; readonly since: Instant }
  | { readonly holder: "Other" }
  /** The store failed, or another process wrote at the same time. */
  | { readonly holder: "Unknown" };

/** The Lease of one candidate. */
export interface LeaderLease {
  /**
   * Acquires the Lease if it is free or its holder did not renew it for its duration; renews an own Lease. Throws only
   * errors that are bugs.
   */
  acquireOrRenew(): Promise<LeaseState>;
  /** Releases an own Lease. A failure is only logged: the Lease then expires. */
  release(): Promise<void>;
}

/** The store calls that leader election needs. */
export type LeaseStore = Pick<ObjectStore, "get" | "create" | "update">;

/**
 * Creates the Lease of a candidate. `durationMs` is the time after which other candidates may take an unrenewed Lease.
 */
export function createLeaderLease(
  store: LeaseStore,
  { name, identity, clock, log }: Candidate,
  durationMs: number,
): LeaderLease {
  /** Our last write. Its version makes the next write fail if another process wrote in between. */
  let held: Stored<"Lease"> | undefined;
  /** Version of another holder's Lease, and the monotonic time of its first observation. */
  let seen: { readonly version: string; readonly at: number } | undefined;
  let hasFailed = false;

  async function write(): Promise<Stored<"Lease"> | undefined> {
    const current = held ?? (await store.get("Lease", name));
    if (current === undefined) return store.create("Lease", first());
    return mayTake(current) ? store.update("Lease", { ...current, spec: next(current.spec) }) : undefined;
  }

  function mayTake({ spec, metadata: { resourceVersion } }: Stored<"Lease">): boolean {
    if (!spec.holderIdentity || spec.holderIdentity === identity) return true;
    const now = clock.monotonic();
    if (seen?.version !== resourceVersion) seen = { version: resourceVersion, at: now };
    const validMs = spec.leaseDurationSeconds === undefined ? durationMs : spec.leaseDurationSeconds * 1000;
    return now - seen.at >= validMs;
  }

  function first(): Lease {
    const metadata = { name };
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: next({}) };
  }

  function next(spec: Lease["spec"]): Lease["spec"] {
    const renewTime = timestamp(clock);
    if (spec.holderIdentity === identity) return { ...spec, renewTime };
    return {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: renewTime,
      renewTime,
      leaseTransitions: spec.holderIdentity === undefined ? 0 : (spec.leaseTransitions ?? 0) + 1,
    };
  }

  return {
    async acquireOrRenew() {
      const since = { wall: clock.now(), monotonic: clock.monotonic() };
      try {
        held = await write();
        hasFailed = false;
        return held === undefined ? { holder: "Other" } : { holder: "Self", since };
      } catch (error) {
        held = undefined;
        if (isStoreError(error, "Conflict") || isStoreError(error, "AlreadyExists")) return { holder: "Unknown" };
        if (!isStoreError(error)) throw error;
        if (!hasFailed) log.warn({ lease: name, error: error.message }, "leader lease not reachable, retrying");
        hasFailed = true;
        return { holder: "Unknown" };
      }
    },

    async release() {
      if (held === undefined) return;
      try {
        await store.update("Lease", {
          ...held,
          spec: { ...held.spec, holderIdentity: "", renewTime: timestamp(clock) },
        });
      } catch (error) {
        if (!isStoreError(error)) throw error;
        log.warn({ lease: name, error: error.message }, "leader lease not released; it expires after its duration");
      }
      held = undefined;
    },
  };
}
