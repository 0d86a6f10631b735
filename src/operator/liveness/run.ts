import pLimit from "p-limit";
import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import { isHeld, secondClaimsOf } from "../../core/build/state.ts";
import { presentStatusOf } from "../../core/host/presentStatus.ts";
import { type ChangeAges, changeAgeOf, observeChanges } from "../../core/liveness/changes.ts";
import { type Liveness, livenessOf } from "../../core/liveness/liveness.ts";
import type { Pod } from "../../core/pool/builder/pod.ts";
import { createCache } from "../../store/watch/cache.ts";
import { createTimedWake } from "../../system/wake.ts";
import { podsHeardOf, type Workloads } from "../pools/workloads.ts";
import { createMachines } from "./machines.ts";
import { markSilent } from "./mark.ts";
import { type Claim, formerHolderOf, takeBackClaim } from "./takeBack.ts";
import type { LivenessWorld } from "./world.ts";

/** Changes within this time share one pass. Milliseconds. */
const gatherMs = 100;
const interval = 5_000;
/** After a longer gap without a list (no reply, no processor time) all heartbeat ages restart at 0. */
const longestGap = 30_000;
/** Parallel writes: a rack without power makes many builders silent at once. */
const atOnce = 16;

/**
 * Finds silent and dead builders, marks them, and takes back their claims, until `signal` aborts. Heartbeats are
 * listed, not watched: a dead watch looks like dead builders, but a list proves that the store replies. A change of
 * pods between two lists starts an early check for dead pods only.
 */
export async function runLiveness(world: LivenessWorld, signal: AbortSignal): Promise<void> {
  const { store, workloads, clock, log } = world;
  const wake = createTimedWake(clock, gatherMs);
  const incarnations = new Map<string, string | undefined>();
  const machines = createMachines();
  const builders = createCache(store, "Builder", {
    signal,
    onChange: ({ object: { metadata, status } }) => {
      if (incarnations.get(metadata.name) === status?.incarnation) return;
      incarnations.set(metadata.name, status?.incarnation);
      machines.record(metadata.name, status);
      wake.ring(); // a new incarnation voids the claims of the previous process at once
    },
  });
  const builds = createCache(store, "Build", { signal });
  workloads.onChange(() => wake.ring());
  let ages: ChangeAges | undefined;
  let listedAt: number | undefined;

  /** The heartbeat ages. Empty between two lists: an old age could mark a builder after its return. */
  async function readAges(all: readonly Builder[], held: readonly Build[]): Promise<ChangeAges> {
    if (listedAt !== undefined && clock.monotonic() - listedAt < interval) return new Map();
    const heartbeats = await listHeartbeats(world, all, held);
    const now = clock.monotonic();
    ages = observeChanges(now - (listedAt ?? now) > longestGap ? undefined : ages, heartbeats, now);
    listedAt = now;
    return ages;
  }

  while (!signal.aborted) {
    try {
      await Promise.all([builders.synced, builds.synced]);
      if (!builders.isHealthy() || !builds.isHealthy()) throw new Error("a watch of Builders or Builds is interrupted");
      const all = builders.list(); // one snapshot: a builder that restarts meanwhile must not inherit this result
      const held = builds.list().filter(isHeld);
      machines.keep(held);
      const heartbeatAges = await readAges(all, held);
      const liveness = await livenessOfAll(workloads, all, heartbeatAges, clock.monotonic());
      const observed = new Map(all.map((builder) => [builder.metadata.name, builder]));
      await each(all, (builder) => markSilent(world, builder, liveness.get(builder.metadata.name)));
      const silenceOf = (claim: Claim) => changeAgeOf(heartbeatAges, formerHolderOf(claim), clock.monotonic());
      const claims = builds.list().filter(isHeld);
      const second = secondClaimsOf(claims);
      const seen = { observed, liveness, silenceOf, isSameMachine: machines.isSame };
      await each(claims, (build) => takeBackClaim(world, build, { ...seen, earlier: second.get(build) }));
    } catch (error) {
      if (signal.aborted) return;
      log.warn(
        { error: String(error) },
        "could not check the liveness of every builder; unchecked builders keep their phase and claims, and the next check follows",
      );
    }
    await wake.sleep(interval, signal);
  }
}

/** Runs `act` on every item, also after a failure. Throws the first failure at the end. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const limit = pLimit(atOnce);
  const results = await Promise.allSettled(all.map((one) => limit(act, one)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * A value per builder that changes with every heartbeat; undefined for a builder without a heartbeat. Also a value per
 * former holder of a claim: the heartbeats under its name until another process registers.
 */
async function listHeartbeats(
  { store }: LivenessWorld,
  builders: readonly Builder[],
  held: readonly Build[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const leases = await store.list("Lease");
  const heartbeats = new Map(
    leases.map(({ metadata, spec }) => [metadata.name, `${spec.holderIdentity} ${spec.renewTime}`]),
  );
  const registered = new Map(builders.map((builder) => [builder.metadata.name, presentStatusOf(builder)?.incarnation]));
  const former = held.flatMap(({ status }) => {
    const { claim } = status ?? {};
    if (claim === undefined || registered.get(claim.builder) === claim.incarnation) return [];
    const successor = registered.get(claim.builder);
    return [[formerHolderOf(claim), successor === undefined ? heartbeats.get(claim.builder) : "replaced"] as const];
  });
  return new Map([...builders.map(({ metadata: { name } }) => [name, heartbeats.get(name)] as const), ...former]);
}

/** The liveness of all registered builders. The claims of a former process are judged by its own heartbeats. */
async function livenessOfAll(
  workloads: Workloads,
  builders: readonly Stored<"Builder">[],
  ages: ChangeAges,
  now: number,
): Promise<ReadonlyMap<string, Liveness>> {
  const pods = new Map<string, readonly Pod[]>();
  for (const [pool, own] of Map.groupBy(builders, ({ spec }) => spec.pool)) {
    pods.set(pool, (await workloads.observe(pool, podsHeardOf(own))).pods);
  }
  return new Map(
    builders
      .filter((builder) => presentStatusOf(builder) !== undefined)
      .map((builder) => {
        const { name } = builder.metadata;
        const isDead = isCertainlyDead(builder, pods.get(builder.spec.pool) ?? []);
        return [name, livenessOf({ heartbeatAge: changeAgeOf(ages, name, now), isDead })];
      }),
  );
}

/** Whether the pod in the builder's status is gone or has ended. An outside host has no pod. */
function isCertainlyDead({ spec, status }: Builder, pods: readonly Pod[]): boolean {
  if (spec.external || status?.podUid === undefined) return false;
  const pod = pods.find(({ uid }) => uid === status.podUid);
  return pod === undefined || pod.ended;
}
