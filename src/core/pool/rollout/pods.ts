import type { Action, Explanation } from "../action.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import type { ObservedPool, Workload } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { holdsOrdinal, type Removals } from "./removal.ts";
import type { Rollout } from "./rollout.ts";

/** A builder that has drained, or runs nothing, needs no longer than this to end. */
const shortGrace = 30_000;

const putRight: Explanation = { reason: "AsDesired", message: "Brings what the builders run on to what the pool says" };

/** Tells the workload its size and revision, then ends the pods whose time has come. */
export function planPods(
  { workload, environment }: ObservedPool,
  rollout: Rollout,
  { places, all }: Removals,
): readonly Action[] {
  const holding = all.filter((removal) => !removal.returns && holdsOrdinal(removal));
  const replicas = replicasFor(
    places,
    holding.map(({ member }) => member),
  );
  const wanted = { replicas, revision: rollout.run };
  return [...applyWorkload(workload, wanted, rollout, environment?.isAstray ?? false), ...deletePods({ places, all })];
}

function applyWorkload(
  now: Workload | undefined,
  wanted: Workload,
  rollout: Rollout,
  isAstray: boolean,
): readonly Action[] {
  const isTold = now?.replicas === wanted.replicas && now.revision === wanted.revision;
  if (!isTold) return [{ do: "applyWorkload", ...wanted, ...changeOf(now, wanted, rollout) }];
  return isAstray ? [{ do: "applyWorkload", ...wanted, ...putRight }] : [];
}

function changeOf(now: Workload | undefined, { replicas, revision }: Workload, rollout: Rollout): Explanation {
  if (now === undefined) {
    if (replicas === 0) return putRight;
    return { reason: "ScaledUp", message: `Starts ${builderCountOf(replicas)} at revision ${revision}` };
  }
  if (now.revision !== revision) {
    const reason = rollout.state === "RolledBack" ? "RolledBack" : "UpdateStarted";
    return { reason, message: `Builders that start from now on have revision ${revision}, no longer ${now.revision}` };
  }
  const reason = replicas > now.replicas ? "ScaledUp" : "ScaledDown";
  return { reason, message: `Goes from ${now.replicas} to ${builderCountOf(replicas)}` };
}

/** One that leaves goes with its place; only one that did not drain in time needs more. */
function deletePods({ all }: Removals): readonly Action[] {
  return all
    .filter(({ step, returns }) => step === "Force" || (step === "Remove" && returns))
    .flatMap(({ member: { name, pod }, reason, step }) => {
      if (pod === undefined) return [];
      const late = step === "Force" ? "; it did not drain in time" : "";
      const message = `${reason.message}${late}`;
      return [{ do: "deletePod" as const, name, uid: pod.uid, graceMs: shortGrace, reason: reason.reason, message }];
    });
}
