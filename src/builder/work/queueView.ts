import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { activeBuildersOf } from "../../core/partition/active.ts";
import { type Preference, withOverride } from "../../core/partition/preference.ts";
import { companyOf } from "../../core/partition/silence.ts";
import type { QueueView } from "../../core/queue/partitionView.ts";
import type { Brain } from "../brain.ts";

/** The queue as this builder's caches show it now. */
export function queueViewOf(brain: Brain, pool: BuilderPool): QueueView {
  const { world, waited } = brain;
  // Our own silence is newer than our object, and independent of the pool's.
  const builders = brain.builders
    .list()
    .filter(({ spec }) => spec.pool === world.pool)
    .map((one) => (one.metadata.name === world.name ? withSilence(one, brain.isSilent()) : one));
  return {
    self: world.name,
    builds: brain.builds.list(),
    builders,
    isPoolSilent: pool.spec.silent,
    strategy: pool.spec.partition.strategy,
    patience: milliseconds(pool.spec.partition.patience),
    fairness: pool.spec.fairness,
    preference: preferenceOf(brain, companyOf({ self: world.name, builders, isPoolSilent: pool.spec.silent }).builders),
    waited,
    now: world.clock.now(),
  };
}

function withSilence(builder: Stored<"Builder">, silent: boolean): Stored<"Builder"> {
  return builder.status === undefined ? builder : { ...builder, status: { ...builder.status, silent } };
}

/**
 * With the strategy Modulo, a person's `worker-index` and `workers-pool-size` replace the builder's rank. Affinity
 * ignores both files.
 */
function preferenceOf({ world, preference, settings }: Brain, builders: QueueView["builders"]): Preference {
  const { partitionOverride } = settings();
  if (partitionOverride === undefined) return preference;
  return withOverride(preference, partitionOverride, activeBuildersOf(builders).indexOf(world.name));
}
