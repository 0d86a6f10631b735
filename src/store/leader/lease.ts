import type { Stored } from "../../api/objects/kinds.ts";
import type { Lease } from "../../api/objects/lease.ts";
import type { Instant } from "../../core/liveness/heartbeat.ts";
import { type Clock, timestamp } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError } from "../error.ts";
import type { ObjectStore } from "../objectStore.ts";

export interface Candidate {
  /** The Lease that is contended for. */
  readonly name: string;
  /** Who we are; another one in every process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one look at the Lease came to. */
export type LeaseState =
  /** Taken or renewed; `since` is an instant before anything was sent. */
  | { readonly fate: "Ours"; readonly since: Instant }
  | { readonly fate: "Theirs" }
  /** The store could not say. */
  | { readonly fate: "Unknown" };

/** The Lease as one candidate sees it. */
export interface LeaderLease {
  /** Takes the Lease when it is free or its holder has been silent for its duration, renews it when it is ours. */
  look(): Promise<LeaseState>;
  /** Gives it back, if it is ours and the store answers. */
  release(): Promise<void>;
}

export type LeaseStore = Pick<ObjectStore, "get" | "create" | "update">;

export function createLeaderLease(
  store: LeaseStore,
  { name, identity, clock, log }: Candidate,
  durationMs: number,
): LeaderLease {
  /** As we wrote it last; its version lets a write through only when nobody else wrote since. */
  let held: Stored<"Lease"> | undefined;
  /** A version of another holder's, and when we saw it first. */
  let seen: { readonly version: string; readonly at: number } | undefined;
  let isTroubled = false;

  async function take(): Promise<Stored<"Lease"> | undefined> {
    const current = held ?? (await store.get("Lease", name));
    if (current === undefined) return store.create("Lease", first());
    return mayTake(current) ? store.update("Lease", { ...current, spec: next(current.spec) }) : undefined;
  }

  function mayTake({ spec, metadata: { resourceVersion } }: Stored<"Lease">): boolean {
    if (!spec.holderIdentity || spec.holderIdentity === identity) return true;
    const now = clock.monotonic();
    if (seen?.version !== resourceVersion) seen = { version: resourceVersion, at: now };
    const promised = spec.leaseDurationSeconds === undefined ? durationMs : spec.leaseDurationSeconds * 1000;
    return now - seen.at >= promised;
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
    async look() {
      const since = { wall: clock.now(), monotonic: clock.monotonic() };
      try {
        held = await take();
        isTroubled = false;
        return held === undefined ? { fate: "Theirs" } : { fate: "Ours", since };
      } catch (error) {
        held = undefined;
        if (isStoreError(error, "Conflict") || isStoreError(error, "AlreadyExists")) return { fate: "Unknown" };
        if (!isStoreError(error)) throw error;
        if (!isTroubled) log.warn({ lease: name, error: error.message }, "the lease of the leader cannot be looked at");
        isTroubled = true;
        return { fate: "Unknown" };
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
        log.warn({ lease: name, error: error.message }, "the lease could not be given back; it runs out by itself");
      }
      held = undefined;
    },
  };
}
