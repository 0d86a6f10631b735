import type { Action, Why } from "../action.ts";
import { howMany } from "../builder/builderCount.ts";
import type { ObservedPool, Workload } from "../observed.ts";
import { replicasFor } from "./places.ts";
import { type Departures, holdsPlace } from "./removal.ts";
import type { Course } from "./rollout.ts";

/** A builder that has drained, or runs nothing, needs no longer than this to end. */
const shortGrace = 30_000;

const putRight: Why = { reason: "AsDesired", message: "Brings what the builders run on to what the pool says" };

/** Tells the workload its size and revision, then ends the pods whose time has come. */
export function planPods(
  { workload, standing }: ObservedPool,
  course: Course,
  { width, all }: Departures,
): readonly Action[] {
  const holding = all.filter((departure) => !departure.returns && holdsPlace(departure));
  const replicas = replicasFor(
    width,
    holding.map(({ member }) => member),
  );
  const wanted = { replicas, revision: course.run };
  return [...applyWorkload(workload, wanted, course, standing?.isAstray ?? false), ...deletePods({ width, all })];
}

function applyWorkload(
  now: Workload | undefined,
  wanted: Workload,
  course: Course,
  isAstray: boolean,
): readonly Action[] {
  const isTold = now?.replicas === wanted.replicas && now.revision === wanted.revision;
  if (!isTold) return [{ do: "applyWorkload", ...wanted, ...changeOf(now, wanted, course) }];
  return isAstray ? [{ do: "applyWorkload", ...wanted, ...putRight }] : [];
}

function changeOf(now: Workload | undefined, { replicas, revision }: Workload, course: Course): Why {
  if (now === undefined) {
    if (replicas === 0) return putRight;
    return { reason: "ScaledUp", message: `Starts ${howMany(replicas)} at revision ${revision}` };
  }
  if (now.revision !== revision) {
    const reason = course.state === "RolledBack" ? "RolledBack" : "UpdateStarted";
    return { reason, message: `Builders that start from now on have revision ${revision}, no longer ${now.revision}` };
  }
  const reason = replicas > now.replicas ? "ScaledUp" : "ScaledDown";
  return { reason, message: `Goes from ${now.replicas} to ${howMany(replicas)}` };
}

/** One that leaves goes with its place; only one that did not drain in time needs more. */
function deletePods({ all }: Departures): readonly Action[] {
  return all
    .filter(({ step, returns }) => step === "Force" || (step === "Remove" && returns))
    .flatMap(({ member: { name, pod }, cause, step }) => {
      if (pod === undefined) return [];
      const late = step === "Force" ? "; it did not drain in time" : "";
      const message = `${cause.message}${late}`;
      return [{ do: "deletePod" as const, name, uid: pod.uid, graceMs: shortGrace, reason: cause.reason, message }];
    });
}
