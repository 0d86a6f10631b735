import { poolLabel } from "../../api/objects/group.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Lease } from "../../api/objects/lease.ts";
import type { OwnerReference } from "../../api/objects/metadata.ts";
import { heartbeatInterval, type Instant, mayStart, mustKill } from "../../core/liveness/heartbeat.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { timestamp } from "../../system/clock.ts";
import type { BuilderWorld } from "../world.ts";

type HeartbeatWorld = Pick<BuilderWorld, "clock" | "log" | "name" | "pool" | "incarnation"> & {
  readonly store: Pick<ObjectStore, "get" | "create" | "update">;
  /** The Builder, with which the Lease goes. */
  readonly self: () => Stored<"Builder"> | undefined;
};

/** The sign of life others see, and what this builder may do by the age of the last one that was acknowledged. */
export interface Heartbeat {
  mayStart(): boolean;
  mustKill(): boolean;
  /** Renews until `signal` aborts. */
  run(signal: AbortSignal, on: HeartbeatListener): Promise<void>;
}

export interface HeartbeatListener {
  /** Before and after every attempt, whether it got through or not. */
  beat(): void;
  /** Another process speaks for this builder: what this one holds is void. */
  replaced(): void;
}

/** After a failure the next attempt comes sooner: there are four in the minute after which nothing may be started. */
const retryInterval = 5_000;

export function createHeartbeat(world: HeartbeatWorld): Heartbeat {
  const { clock, log, name } = world;
  let acknowledged: Instant | undefined;

  async function beat(on: HeartbeatListener): Promise<boolean> {
    const sent = instant(world);
    try {
      const isTaken = !(await renew(world, acknowledged !== undefined));
      acknowledged = isTaken ? undefined : sent;
      if (isTaken) on.replaced();
      return true;
    } catch (error) {
      log.warn({ builder: name, error: String(error) }, "the heartbeat did not get through");
      return false;
    }
  }

  return {
    mayStart: () => mayStart(acknowledged, instant(world)),
    mustKill: () => acknowledged !== undefined && mustKill(acknowledged, instant(world)),
    async run(signal, on) {
      while (!signal.aborted) {
        on.beat(); // a host that slept learns that it did before its next heartbeat hides it
        const isHeard = await beat(on);
        on.beat();
        await clock.sleep(isHeard ? heartbeatInterval : retryInterval, signal).catch(() => {});
      }
    },
  };
}

function instant({ clock }: Pick<HeartbeatWorld, "clock">): Instant {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/** Renews the Lease, creates it, or takes it over from an earlier process of this builder; false when a later one took it from us. */
async function renew(world: HeartbeatWorld, wasOurs: boolean): Promise<boolean> {
  const { store, name, incarnation } = world;
  const now = timestamp(world.clock);
  const found = await store.get("Lease", name);
  if (found === undefined) {
    await store.create("Lease", lease(world, now));
    return true;
  }
  const isOurs = found.spec.holderIdentity === incarnation;
  if (wasOurs && !isOurs) return false;
  const spec: Lease["spec"] = isOurs
    ? { ...found.spec, renewTime: now }
    : { ...lease(world, now).spec, leaseTransitions: (found.spec.leaseTransitions ?? 0) + 1 };
  await store.update("Lease", { ...found, spec });
  return true;
}

/** One that is made while the Builder is gone has no owner to go with: by the label the janitor knows it. */
function lease({ name, pool, incarnation, self }: HeartbeatWorld, now: string): Lease {
  const owner = self();
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, labels: { [poolLabel]: pool }, ...(owner && { ownerReferences: [ownedBy(owner)] }) },
    spec: {
      holderIdentity: incarnation,
      leaseDurationSeconds: 75,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    },
  };
}

function ownedBy({ apiVersion, kind, metadata: { name, uid } }: Stored<"Builder">): OwnerReference {
  return { apiVersion, kind, name, uid };
}
