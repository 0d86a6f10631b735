import pLimit from "p-limit";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { isHeld } from "../../core/build/state.ts";
import {
  type HeartbeatAges,
  heartbeatAgeOf,
  type Liveness,
  livenessOf,
  observeHeartbeats,
} from "../../core/liveness/liveness.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import { createCache } from "../../store/watch/cache.ts";
import { podsHeardOf, type Workloads } from "../pools/workloads.ts";
import { createAlarm } from "./alarm.ts";
import { markSilent } from "./mark.ts";
import { takeBackFrom } from "./takeBack.ts";
import type { LivenessWorld } from "./world.ts";

const interval = 5_000;
/** Not having looked for so long, for want of an answer or of processor time, is not having listened. */
const longestGap = 30_000;
/** Writes in flight at once: a rack without power silences many. */
const atOnce = 16;

/**
 * Finds out which builders are silent or dead, says so on their objects, and gives their builds to others; until `signal` aborts.
 * Heartbeats are listed, not watched: one answer shows that the store is there and what it says, whereas a watch that has died looks
 * like builders that have. When pods change in between, it is the death of pods alone that is looked for.
 */
export async function runLiveness(world: LivenessWorld, signal: AbortSignal): Promise<void> {
  const { store, workloads, clock, log } = world;
  const alarm = createAlarm(clock);
  const speaking = new Map<string, string | undefined>();
  const builders = createCache(store, "Builder", {
    signal,
    onChange: ({ object: { metadata, status } }) => {
      if (speaking.get(metadata.name) === status?.incarnation) return;
      speaking.set(metadata.name, status?.incarnation);
      alarm.ring(); // what the process before it held is void at once
    },
  });
  const builds = createCache(store, "Build", { signal });
  workloads.onChange(alarm.ring);
  let ages: HeartbeatAges | undefined;
  let heardAt: number | undefined;

  /** What the heartbeats say; nothing when they were read a moment ago: that would be told of builders that speak again. */
  async function listen(all: readonly Builder[]): Promise<HeartbeatAges> {
    if (heardAt !== undefined && clock.monotonic() - heardAt < interval) return new Map();
    const beats = await heartbeats(world, all);
    const now = clock.monotonic();
    ages = observeHeartbeats(now - (heardAt ?? now) > longestGap ? undefined : ages, beats, now);
    heardAt = now;
    return ages;
  }

  while (!signal.aborted) {
    try {
      await Promise.all([builders.synced, builds.synced]);
      if (!builders.isHealthy() || !builds.isHealthy()) throw new Error("a watch of Builders or Builds is interrupted");
      const all = builders.list(); // one look: whoever starts anew meanwhile must not be taken for who was judged
      const lives = await judgeAll(workloads, all, await listen(all), clock.monotonic());
      const judged = new Map(all.map((builder) => [builder.metadata.name, builder]));
      await each(all, (builder) => markSilent(world, builder, lives.get(builder.metadata.name)));
      await each(builds.list().filter(isHeld), (build) => takeBackFrom(world, build, judged, lives));
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ error: String(error) }, "not every builder could be judged; who could not is not called lost");
    }
    await alarm.wait(interval, signal);
  }
}

/** One that cannot be read or written keeps no other from its turn; the first failure is thrown when all had theirs. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const limit = pLimit(atOnce);
  const ends = await Promise.allSettled(all.map((one) => limit(act, one)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** What changes with every beat of each builder; undefined for one that never beat. */
async function heartbeats(
  { store }: LivenessWorld,
  builders: readonly Builder[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const leases = await store.list("Lease");
  const beats = new Map(
    leases.map(({ metadata, spec }) => [metadata.name, `${spec.holderIdentity} ${spec.renewTime}`]),
  );
  return new Map(builders.map(({ metadata: { name } }) => [name, beats.get(name)]));
}

/** Builders that never spoke have no life to lose. */
async function judgeAll(
  workloads: Workloads,
  builders: readonly Stored<"Builder">[],
  ages: HeartbeatAges,
  now: number,
): Promise<ReadonlyMap<string, Liveness>> {
  const pods = new Map<string, readonly Pod[]>();
  for (const [pool, own] of Map.groupBy(builders, ({ spec }) => spec.pool)) {
    pods.set(pool, (await workloads.observe(pool, podsHeardOf(own))).pods);
  }
  return new Map(
    builders
      .filter(({ status }) => status !== undefined)
      .map((builder) => {
        const { name } = builder.metadata;
        const isDead = isCertainlyDead(builder, pods.get(builder.spec.pool) ?? []);
        return [name, livenessOf({ silence: heartbeatAgeOf(ages, name, now), isDead })];
      }),
  );
}

/** The pod that speaks in the object is gone, or its process ended. An outside host has none. */
function isCertainlyDead({ spec, status }: Builder, pods: readonly Pod[]): boolean {
  if (spec.external || status?.podUid === undefined) return false;
  const pod = pods.find(({ uid }) => uid === status.podUid);
  return pod === undefined || pod.ended;
}
