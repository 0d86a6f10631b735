import { poolLabel } from "../../api/objects/group.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Lease } from "../../api/objects/lease.ts";
import type { OwnerReference } from "../../api/objects/metadata.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { heartbeatInterval, type Instant, killIn, mayStart, mustKill } from "../../core/liveness/heartbeat.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { timestamp } from "../../system/clock.ts";
import type { BuilderWorld } from "../world.ts";

type HeartbeatWorld = Pick<BuilderWorld, "clock" | "log" | "name" | "pool" | "incarnation"> & {
  readonly store: Pick<ObjectStore, "get" | "create" | "update">;
  /** The Builder object, owner of the Lease. */
  readonly self: () => Stored<"Builder"> | undefined;
};

/** Renews the builder's Lease, and decides by the age of the last acknowledged renewal whether the builder may work. */
export interface Heartbeat {
  /** Whether the last acknowledged heartbeat is recent enough to claim or start a build. */
  mayStart(): boolean;
  /** Whether the last acknowledged heartbeat is so old that the builder must kill its build. */
  mustKill(): boolean;
  /** Milliseconds until `mustKill`, if no later heartbeat is acknowledged. */
  killIn(): Milliseconds;
  /** Renews until `signal` aborts, or until another process took the Lease. */
  run(signal: AbortSignal, on: HeartbeatListener): Promise<void>;
}

export interface HeartbeatListener {
  /** Called before and after every attempt to renew, with the error of the last attempt. */
  beat(error: unknown): void;
  /** The Lease is renewed: at that time this process was the builder. */
  renewed(): void;
  /** Another process took the Lease of this builder. The claims of this process are void, and no beat follows. */
  replaced(): void;
}

/** After a failure the next attempt comes sooner: the builder may start nothing after a minute without a heartbeat. */
const retryInterval = 5_000;

export function createHeartbeat(world: HeartbeatWorld): Heartbeat {
  const { clock, log, name } = world;
  let acknowledged: Instant | undefined;
  let failure: unknown;

  /** Renews once. Returns the milliseconds until the next beat, undefined if another process took the Lease. */
  async function beat(on: HeartbeatListener): Promise<number | undefined> {
    const sent = instant(world);
    try {
      const isOurs = await renewLease(world, acknowledged !== undefined);
      acknowledged = isOurs ? sent : undefined;
      failure = undefined;
      if (isOurs) on.renewed();
      else on.replaced();
      return isOurs ? heartbeatInterval : undefined;
    } catch (error) {
      failure = error;
      log.warn({ builder: name, error: String(error) }, "cannot renew the heartbeat; retrying in 5 s");
      return retryInterval;
    }
  }

  return {
    mayStart: () => mayStart(acknowledged, instant(world)),
    mustKill: () => acknowledged !== undefined && mustKill(acknowledged, instant(world)),
    killIn: () => killIn(acknowledged, instant(world)),
    async run(signal, on) {
      while (!signal.aborted) {
        on.beat(failure); // After a suspend, listeners see the old heartbeat before the next one replaces it.
        const pause = await beat(on);
        on.beat(failure);
        if (pause === undefined) return;
        await clock.sleep(pause, signal).catch(() => {});
      }
    },
  };
}

function instant({ clock }: Pick<HeartbeatWorld, "clock">): Instant {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/**
 * Renews or creates the Lease, or takes it from an earlier process of this builder. False when a later process has
 * taken it.
 */
async function renewLease(world: HeartbeatWorld, wasOurs: boolean): Promise<boolean> {
  const { store, name, incarnation } = world;
  const now = timestamp(world.clock);
  const found = await store.get("Lease", name);
  if (found === undefined) {
    await store.create("Lease", leaseOf(world, now));
    return true;
  }
  const isOurs = found.spec.holderIdentity === incarnation;
  if (wasOurs && !isOurs) return false;
  const spec: Lease["spec"] = isOurs
    ? { ...found.spec, renewTime: now }
    : { ...leaseOf(world, now).spec, leaseTransitions: (found.spec.leaseTransitions ?? 0) + 1 };
  await store.update("Lease", { ...found, spec });
  return true;
}

/** A Lease without a Builder object has no owner, so the janitor finds it by its pool label. */
function leaseOf({ name, pool, incarnation, self }: HeartbeatWorld, now: string): Lease {
  const owner = self();
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, labels: { [poolLabel]: pool }, ...(owner && { ownerReferences: [ownerReferenceOf(owner)] }) },
    spec: {
      holderIdentity: incarnation,
      leaseDurationSeconds: 75,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    },
  };
}

function ownerReferenceOf({ apiVersion, kind, metadata: { name, uid } }: Stored<"Builder">): OwnerReference {
  return { apiVersion, kind, name, uid };
}
