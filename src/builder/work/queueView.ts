import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { activeBuildersOf } from "../../core/partition/active.ts";
import { ownerOfCommit } from "../../core/partition/modulo.ts";
import type { Preference } from "../../core/partition/preference.ts";
import type { QueueView } from "../../core/queue/partitionView.ts";
import type { Brain } from "../brain.ts";

/** The queue as this builder's caches show it now. */
export function queueViewOf(brain: Brain, pool: BuilderPool): QueueView {
  const { world, waited } = brain;
  const builders = brain.builders.list().filter(({ spec }) => spec.pool === world.pool);
  return {
    self: world.name,
    builds: brain.builds.list(),
    builders,
    strategy: pool.spec.partition.strategy,
    patience: milliseconds(pool.spec.partition.patience),
    preference: preferenceOf(brain, builders),
    waited,
    now: world.clock.now(),
  };
}

/**
 * With the strategy Modulo, a person's `worker-index` and `workers-pool-size` replace the builder's rank. Affinity
 * ignores both files.
 */
function preferenceOf({ world, preference, settings }: Brain, builders: QueueView["builders"]): Preference {
  const { partitionOverride } = settings();
  if (partitionOverride === undefined) return preference;
  const rank = activeBuildersOf(builders).indexOf(world.name);
  return {
    ...preference,
    ownerRank: (check, commit) =>
      ownerOfCommit(check, commit, partitionOverride.size) === partitionOverride.index ? rank : -2,
  };
}
