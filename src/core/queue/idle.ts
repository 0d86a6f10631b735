import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";
import { isHeld, isWanted } from "../build/state.ts";
import { activeBuildersOf } from "../partition/active.ts";
import { createPreference } from "../partition/preference.ts";
import { chooseBuild, nothingWaits } from "./choose.ts";

/**
 * The reason why each idle builder takes none of the waiting builds, by its name. Builders that work, or have nothing
 * to wait for, are absent. The function that chooses builds decides.
 */
export function idleReasonsOf(
  pools: readonly Pick<BuilderPool, "metadata" | "spec">[],
  { builders, builds }: { readonly builders: readonly Builder[]; readonly builds: readonly Build[] },
  now: Milliseconds,
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { metadata, spec } of pools) {
    const mine = builds.filter((build) => build.spec.pool === metadata.name);
    const waiting = mine.filter((build) => isWanted(build) && !isHeld(build) && build.spec.blocked === undefined);
    if (waiting.length === 0) continue;
    const held = mine.filter(isHeld);
    const busy = new Set(held.map(({ status }) => status?.claim?.builder));
    const own = builders.filter((builder) => builder.spec.pool === metadata.name);
    for (const self of activeBuildersOf(own).filter((name) => !busy.has(name))) {
      const choice = chooseBuild({
        ...{ self, builders: own, builds: [...held, ...waiting], isPoolSilent: spec.silent, now },
        ...{ strategy: spec.partition.strategy, patience: milliseconds(spec.partition.patience) },
        preference: createPreference(self),
        waited: (build) => Math.max(0, now - Date.parse(build.spec.requestedAt ?? "")) || 0,
        recheck: spec.recheck,
        random: () => 0,
      });
      if ("idle" in choice && choice.idle !== nothingWaits) reasons.set(self, choice.idle);
    }
  }
  return reasons;
}
