import type { Build } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { isHeld, isShadow, isWanted, titleOf } from "../../core/build/state.ts";
import { comparisonsOf } from "../../core/comparison/compare.ts";
import { summariesOf } from "../../core/comparison/summary.ts";
import { trialsOf } from "../../core/comparison/trials.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import { checkOwnersOf, isSilentIn } from "../../core/definitions/ownership.ts";
import { changeAgeOf, observeChanges } from "../../core/liveness/changes.ts";
import { isHost } from "../../core/pool/builder/host.ts";
import { membersOf } from "../../core/pool/builder/member.ts";
import { observeTimers, withAges } from "../../core/pool/builder/timers.ts";
import { takenHostsOf } from "../../core/pool/hostNames.ts";
import type { ListingState, ObservedPool, Waiting } from "../../core/pool/observed.ts";
import { type CoverageInput, lastWorkOf, uncoveredBuilds } from "../../core/queue/coverage.ts";
import { hasUnpublished } from "../../core/report/post/pending.ts";
import type { Clock } from "../../system/clock.ts";
import { version } from "../../system/version.ts";
import type { KnownBuilders } from "./apply.ts";
import { type Memory, memoryOf, type PoolMemory } from "./memory.ts";
import { podsHeardOf } from "./workloads.ts";
import type { PoolCaches, PoolWorld } from "./world.ts";

/** Collects all inputs of the pool planner. */
export async function observePool(
  pool: Stored<"BuilderPool">,
  world: PoolWorld,
  caches: PoolCaches,
  memory: Memory,
): Promise<ObservedPool> {
  const { name } = pool.metadata;
  const remembered = memoryOf(pool, memory);
  const now = world.clock.monotonic();
  const builders = buildersOf(name, caches, memory);
  const { workload, pods } = await world.workloads.observe(name, podsHeardOf(builders));
  const environment = await world.workloads.environment(pool, caches.pools.list());
  const members = membersOf(name, pods, builders);
  remembered.timers = observeTimers(remembered.timers, members, now);
  const listings = world.listings(pool);
  const builds = caches.builds.list().filter(({ spec }) => spec.pool === name);
  const waiting = waitingAmong(builds, listings);
  const refused = world.refused(pool);
  const { checks, broken } = poolChecksOf(pool);
  const comparisons = summariesOf(comparisonsOf(name, caches.builds.list()));
  const otherWriter = otherWriterOf(builds);
  const takenHosts = takenHostsOf(pool, caches.pools.list(), createKnownBuilders(caches, memory).get);
  return {
    pool,
    members: withAges(members, remembered.timers, now),
    ...(workload !== undefined && { workload }),
    environment,
    ...(waiting !== undefined && { waiting }),
    listings,
    ...(refused !== undefined && { refused }),
    comparisons,
    ...(pool.spec.update.canary !== undefined && { trials: trialsOf(name, builds) }),
    uncovered: uncoveredAmong(pool, { builds, builders }, remembered, world.clock),
    ...(otherWriter !== undefined && { otherWriter }),
    version,
    takenHosts,
    definitions: { broken, conflicts: conflictsOf(pool, checks, caches.pools.list()) },
    unsettled:
      pool.metadata.deletionTimestamp === undefined
        ? 0
        : builds.filter((one) => hasUnpublished(one, pool, checks)).length,
    ...deletionOf(pool, { members, builds }, remembered, now),
  };
}

/** The known builders, from the caches and our own writes. */
export function createKnownBuilders({ builders }: PoolCaches, { written }: Memory): KnownBuilders {
  return {
    get: (name) => written.get(name) ?? builders.get(name),
    wrote: (builder) => void written.set(builder.metadata.name, builder),
  };
}

/** The cache may lag behind our own writes. The later spec generation counts, or the budget would be spent twice. */
export function buildersOf(pool: string, caches: PoolCaches, { written }: Memory): readonly Stored<"Builder">[] {
  const cached = caches.builders.list().filter(({ spec }) => spec.pool === pool);
  const found = new Map(cached.map((builder) => [builder.metadata.name, builder]));
  for (const [name, ours] of written) {
    if (ours.spec.pool !== pool) continue;
    const theirs = found.get(name);
    const { status: _, ...rest } = ours;
    if (theirs === undefined) found.set(name, ours);
    else if (theirs.metadata.generation >= ours.metadata.generation) written.delete(name);
    else found.set(name, theirs.status === undefined ? rest : { ...rest, status: theirs.status });
  }
  return [...found.values()];
}

/** Undefined while any listing is missing or stale: an empty queue would look like good news. */
function waitingAmong(builds: readonly Build[], listings: readonly ListingState[]): Waiting | undefined {
  const isKnown = listings.length > 0 && listings.every(({ stale, listedAt }) => !stale && listedAt !== undefined);
  if (!isKnown) return undefined;
  const waiting = builds.filter(
    (build) =>
      !isShadow(build) &&
      build.spec.group === "untested" &&
      build.spec.blocked === undefined &&
      isWanted(build) &&
      !isHeld(build),
  );
  const [oldest] = waiting.map(({ spec }) => spec.waitingSince).sort();
  return { queued: waiting.length, ...(oldest !== undefined && { oldest }) };
}

function uncoveredAmong(
  { spec }: BuilderPool,
  observed: Pick<CoverageInput, "builds" | "builders">,
  remembered: PoolMemory,
  clock: Clock,
): NonNullable<ObservedPool["uncovered"]> {
  const work = observeChanges(remembered.work, lastWorkOf(observed), clock.monotonic());
  remembered.work = work;
  const times = { idleFor: (name: string) => changeAgeOf(work, name, clock.monotonic()), now: clock.now() };
  const { strategy, patience } = spec.partition;
  const input = { ...observed, ...times, strategy, patience: milliseconds(patience), isPoolSilent: spec.silent };
  return uncoveredBuilds(input).map(({ build, reason }) => ({ title: titleOf(build), reason }));
}

/** The newest status of another writer. A silent check has no status of its own, so other writers are welcome there. */
function otherWriterOf(builds: readonly Build[]): ObservedPool["otherWriter"] {
  const found = builds.flatMap(({ spec }) =>
    spec.otherStatus === undefined || spec.silent === true ? [] : [{ build: spec, status: spec.otherStatus }],
  );
  const newest = found.toSorted((a, b) => (a.status.at < b.status.at ? 1 : -1))[0];
  return newest && { ...newest, count: found.length };
}

function conflictsOf(
  pool: BuilderPool,
  checks: readonly ResolvedCheck[],
  pools: readonly BuilderPool[],
): ObservedPool["definitions"]["conflicts"] {
  const ownerOf = checkOwnersOf(pools);
  return checks.flatMap((check) => {
    const owner = ownerOf(check) ?? pool.metadata.name;
    return owner === pool.metadata.name || isSilentIn(pool, check) ? [] : [{ check: check.name, owner }];
  });
}

function deletionOf(
  { metadata, spec }: BuilderPool,
  { members, builds }: { readonly members: ObservedPool["members"]; readonly builds: readonly Build[] },
  remembered: PoolMemory,
  now: number,
): Pick<ObservedPool, "deletingFor" | "holders" | "withoutHostsFor"> {
  if (members.some(isHost)) remembered.hostSeenAt = now;
  if (metadata.deletionTimestamp === undefined) return { deletingFor: 0 };
  remembered.deletingSince ??= now;
  const { deletingSince, hostSeenAt = spec.external && deletingSince } = remembered;
  return {
    deletingFor: now - deletingSince,
    holders: new Set(builds.filter(isHeld).flatMap(({ status }) => status?.claim?.builder ?? [])),
    ...(hostSeenAt !== undefined && { withoutHostsFor: now - hostSeenAt }),
  };
}
