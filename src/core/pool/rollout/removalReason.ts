import { restartAnnotation } from "../../../api/objects/group.ts";
import type { Explanation } from "../action.ts";
import { builderCountOf } from "../builder/builderCount.ts";
import type { Member } from "../builder/member.ts";
import { quarantinePauseOf } from "../builder/quarantine.ts";
import { mayAdvance, type Rollout } from "./rollout.ts";

/** Why a builder must go, or be replaced by a fresh one in its place. */
export interface RemovalReason extends Explanation {
  /** What the Builder shows as `drainReason`; a lower place in `causes` is served first by the budget. */
  readonly word: (typeof words)[number];
}

const words = ["ScaleDown", "Restart", "Quarantine", "Update"] as const;

/** The reasons to replace a builder, the first that holds counts. */
const rules = [
  askedToRestart, // a person named this very incarnation
  quarantined, // it gave up on itself, and has had its pause
  outdated, // it runs another revision than it should
];

/** Why the builder must be replaced; undefined when it may stay. */
export function replacementReasonOf(member: Member, rollout: Rollout): RemovalReason | undefined {
  if (member.pod === undefined) return undefined;
  for (const rule of rules) {
    const cause = rule(member, rollout);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** The cause of a builder that the pool no longer has a place for. */
export function scaleDownReasonOf(member: Member, instances: number): RemovalReason {
  return {
    word: "ScaleDown",
    reason: "ScaledDown",
    message: `"${member.name}" is not needed: the pool has ${builderCountOf(instances)}`,
  };
}

/** For sorting: what a person asked for comes before what the operator finds to do. */
export function urgencyOf({ word }: RemovalReason): number {
  return words.indexOf(word);
}

function askedToRestart({ name, status, builder }: Member): RemovalReason | undefined {
  const asked = builder?.metadata.annotations?.[restartAnnotation];
  if (asked === undefined || asked !== status?.incarnation) return undefined;
  return { word: "Restart", reason: "BuilderRestarted", message: `"${name}" restarts because it was asked to` };
}

function quarantined({ name, phase, ages }: Member): RemovalReason | undefined {
  if (phase !== "Quarantined" || ages.quarantined < quarantinePauseOf(ages.strikes)) return undefined;
  const message = `"${name}" restarts after its quarantine; the reason for that is in its status`;
  return { word: "Quarantine", reason: "BuilderRestarted", message };
}

/** A step that has begun is ended even when the next one must wait. */
function outdated({ name, pod, builder }: Member, rollout: Rollout): RemovalReason | undefined {
  if (pod === undefined || pod.revision === rollout.target) return undefined;
  if (!mayAdvance(rollout) && builder?.spec.drainReason !== "Update") return undefined;
  const message = `"${name}" goes from revision ${pod.revision} to ${rollout.target}`;
  return { word: "Update", reason: "BuilderRestarted", message };
}
