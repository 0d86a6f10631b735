import { restartAnnotation } from "../../../api/objects/group.ts";
import type { Why } from "../action.ts";
import { howMany } from "../builder/builderCount.ts";
import type { Member } from "../builder/member.ts";
import { quarantinePause } from "../builder/quarantine.ts";
import { type Course, mayStep } from "./rollout.ts";

/** Why a builder must go, or be replaced by a fresh one in its place. */
export interface Cause extends Why {
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
export function causeToReplace(member: Member, course: Course): Cause | undefined {
  if (member.pod === undefined) return undefined;
  for (const rule of rules) {
    const cause = rule(member, course);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** The cause of a builder that the pool no longer has a place for. */
export function noPlace(member: Member, instances: number): Cause {
  return {
    word: "ScaleDown",
    reason: "ScaledDown",
    message: `"${member.name}" is not needed: the pool has ${howMany(instances)}`,
  };
}

/** For sorting: what a person asked for comes before what the operator finds to do. */
export function urgency({ word }: Cause): number {
  return words.indexOf(word);
}

function askedToRestart({ name, status, builder }: Member): Cause | undefined {
  const asked = builder?.metadata.annotations?.[restartAnnotation];
  if (asked === undefined || asked !== status?.incarnation) return undefined;
  return { word: "Restart", reason: "BuilderRestarted", message: `"${name}" restarts because it was asked to` };
}

function quarantined({ name, phase, ages }: Member): Cause | undefined {
  if (phase !== "Quarantined" || ages.quarantined < quarantinePause(ages.strikes)) return undefined;
  const message = `"${name}" restarts after its quarantine; the reason for that is in its status`;
  return { word: "Quarantine", reason: "BuilderRestarted", message };
}

/** A step that has begun is ended even when the next one must wait. */
function outdated({ name, pod, builder }: Member, course: Course): Cause | undefined {
  if (pod === undefined || pod.revision === course.target) return undefined;
  if (!mayStep(course) && builder?.spec.drainReason !== "Update") return undefined;
  const message = `"${name}" goes from revision ${pod.revision} to ${course.target}`;
  return { word: "Update", reason: "BuilderRestarted", message };
}
