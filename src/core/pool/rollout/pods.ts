import type { Action, Explanation } from "../action.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import type { ObservedPool, Workload } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { holdsOrdinal, type Removals } from "./removal.ts";
import type { Rollout } from "./rollout.ts";

/** Enough for a builder that has drained or runs no build, in milliseconds. */
const shortGrace = 30_000;

const restored: Explanation = { reason: "AsDesired", message: "Restores the workload to the pool's spec" };

/**
 * Applies size and revision of the workload, then deletes the pods due for removal. A pool that never wanted a pod has
 * no workload. A pool that starts no pod keeps the revision, since its spec may have no image.
 */
export function planPods(
  { pool, workload, environment }: ObservedPool,
  rollout: Rollout,
  { places, all }: Removals,
): readonly Action[] {
  const draining = all.filter((removal) => !removal.returns && holdsOrdinal(removal));
  const replicas = replicasFor(
    places,
    draining.map(({ member }) => member),
  );
  if (workload === undefined && replicas === 0) return [];
  const startRevision = pool.spec.instances === 0 ? workload?.revision : undefined;
  const wanted = { replicas, revision: startRevision ?? rollout.startRevision };
  return [
    ...applyWorkload(workload, wanted, rollout, environment?.hasDrifted ?? false),
    ...deletePods({ places, all }),
  ];
}

function applyWorkload(
  now: Workload | undefined,
  wanted: Workload,
  rollout: Rollout,
  hasDrifted: boolean,
): readonly Action[] {
  const isUpToDate = now?.replicas === wanted.replicas && now.revision === wanted.revision;
  if (!isUpToDate) return [{ do: "applyWorkload", ...wanted, ...changeOf(now, wanted, rollout) }];
  return hasDrifted ? [{ do: "applyWorkload", ...wanted, ...restored }] : [];
}

function changeOf(now: Workload | undefined, { replicas, revision }: Workload, rollout: Rollout): Explanation {
  if (now === undefined) {
    if (replicas === 0) return restored;
    return { reason: "ScaledUp", message: `Starts ${builderCountOf(replicas)} at revision ${revision}` };
  }
  if (now.revision !== revision && rollout.canary?.hold !== undefined) {
    if (revision !== rollout.target) return { reason: "AsDesired", message: `Other builders start at ${revision}` };
    return { reason: "UpdateStarted", message: `Canaries start at revision ${revision} instead of ${now.revision}` };
  }
  if (now.revision !== revision) {
    const reason = rollout.state === "RolledBack" ? "RolledBack" : "UpdateStarted";
    return { reason, message: `Builders now start at revision ${revision} instead of ${now.revision}` };
  }
  const reason = replicas > now.replicas ? "ScaledUp" : "ScaledDown";
  return { reason, message: `Scales from ${now.replicas} to ${builderCountOf(replicas)}` };
}

/**
 * A scale-down removes its own pods through the workload. Only replaced builders and exceeded drains need a deletion.
 */
function deletePods({ all }: Removals): readonly Action[] {
  return all
    .filter(({ step, returns }) => step === "Force" || (step === "Remove" && returns))
    .flatMap(({ member: { name, pod }, reason, step }) => {
      if (pod === undefined) return [];
      const forced =
        step === "Force" ? "; the operator stops it, since it did not drain within spec.update.drainTimeout" : "";
      const message = `${reason.message}${forced}`;
      return [{ do: "deletePod" as const, name, uid: pod.uid, graceMs: shortGrace, reason: reason.reason, message }];
    });
}
