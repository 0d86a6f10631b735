import { restartAnnotation } from "../../../api/objects/group.ts";
import type { Explanation } from "../action.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import { isHost } from "../builder/host.ts";
import { isPresent, type Member } from "../builder/member.ts";
import { quarantinePauseOf } from "../builder/quarantine.ts";
import { hasWantedRevision, mayAdvance, type Rollout, targetOf } from "./rollout.ts";

/** The reason to remove a builder, or to replace its pod. */
export interface RemovalReason extends Explanation {
  /** Shown as `drainReason` of the Builder. */
  readonly drainReason: (typeof drainReasons)[number];
}

/** In the order in which the budget serves them. */
const drainReasons = ["ScaleDown", "Restart", "Quarantine", "Update"] as const;

/** The rules to replace a builder. The first match counts. */
const rules = [
  restartReasonOf, // a person requested a restart of this incarnation
  quarantineReasonOf, // its quarantine pause is over
  updateReasonOf, // its process has another revision than the target
];

/** The reason to replace the builder's process; undefined if the process stays. */
export function replacementReasonOf(member: Member, rollout: Rollout): RemovalReason | undefined {
  if (!isPresent(member)) return undefined;
  for (const rule of rules) {
    const reason = rule(member, rollout);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The removal reason of a builder above the wanted ordinals. */
export function scaleDownReasonOf(member: Member, instances: number): RemovalReason {
  return {
    drainReason: "ScaleDown",
    reason: "ScaledDown",
    message: `"${member.name}" is surplus: the pool has ${builderCountOf(instances)}`,
  };
}

/** The removal reason of an outside host that the pool no longer names. */
export function hostRemovalReasonOf({ name }: Member): RemovalReason {
  return {
    drainReason: "ScaleDown",
    reason: "ScaledDown",
    message: `"${name}" leaves: spec.external.names does not have it`,
  };
}

/** Sort key: removals that a person requested come before those that the operator found. */
export function urgencyOf({ drainReason }: RemovalReason): number {
  return drainReasons.indexOf(drainReason);
}

function restartReasonOf({ name, status, builder }: Member): RemovalReason | undefined {
  const requested = builder?.metadata.annotations?.[restartAnnotation];
  if (requested === undefined || requested !== status?.incarnation) return undefined;
  return {
    drainReason: "Restart",
    reason: "BuilderRestarted",
    message: `"${name}" restarts because a person requested it`,
  };
}

function quarantineReasonOf({ name, phase, ages }: Member): RemovalReason | undefined {
  if (phase !== "Quarantined" || ages.quarantined < quarantinePauseOf(ages.quarantineCount)) return undefined;
  const message = `"${name}" restarts after its quarantine; its status shows the reason`;
  return { drainReason: "Quarantine", reason: "BuilderRestarted", message };
}

/**
 * A drain that has begun is completed even if the rollout is paused or stalled. After a rollback hosts stay: the spec
 * that they would read is the abandoned one. During a trial, a pod outside the trial returns to a loud revision: it
 * started by itself while a canary started.
 */
function updateReasonOf(member: Member, rollout: Rollout): RemovalReason | undefined {
  if (hasWantedRevision(member, rollout)) return undefined;
  const { canary, state, target, previous = target } = rollout;
  const isTrial = canary?.hold !== undefined && canary.hold !== "Announced";
  const isStray = isTrial && !canary.ordinals.has(member.ordinal ?? -1);
  const isHeld =
    (!mayAdvance(rollout) && !(isStray && state !== "Paused")) || (isHost(member) && state === "RolledBack");
  if (isHeld && member.builder?.spec.drainReason !== "Update") return undefined;
  const wanted = isStray ? previous : targetOf(member, rollout);
  const message = `"${member.name}" is updated from revision ${member.revision} to ${wanted}`;
  return { drainReason: "Update", reason: "BuilderRestarted", message };
}
