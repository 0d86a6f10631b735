import type { Builder, BuilderPhase, BuilderStatus } from "../../../api/objects/builder.ts";
import { drainAnnotation } from "../../../api/objects/group.ts";
import { presentStatusOf } from "../../host/presentStatus.ts";
import { ordinalOf, type Pod } from "./pod.ts";

/** Spans in milliseconds since the operator first observed a state, on its monotonic clock. */
export interface Ages {
  /** Since the drain of the present pod was requested. */
  readonly draining: number;
  /** Since the last progress of the warm-up. */
  readonly stuck: number;
  readonly quarantined: number;
  /** Number of quarantines in a row, each after a restart; 1 for the first. */
  readonly quarantineCount: number;
}

/** A builder as the planner sees it: its pod and its Builder object, joined by name. */
export interface Member {
  readonly name: string;
  /** Absent for an outside host. */
  readonly ordinal?: number;
  readonly pod?: Pod;
  readonly builder?: Builder;
  /** Revision at which the present process started; absent while no process runs or the process did not say. */
  readonly revision?: string;
  /**
   * The status that the present pod or the host wrote; absent while the object holds the status of an earlier pod or
   * account.
   */
  readonly status?: BuilderStatus;
  readonly phase: BuilderPhase;
  readonly ages: Ages;
}

/** Ages of a builder that was just observed for the first time. */
export const noAges: Ages = { draining: 0, stuck: 0, quarantined: 0, quarantineCount: 0 };

/**
 * Joins pods and Builders by name: ordinals in ascending order, then outside hosts by name. A Builder without a pod
 * sorts at its ordinal. All ages are 0; `withAges` adds them.
 */
export function membersOf(pool: string, pods: readonly Pod[], builders: readonly Builder[]): readonly Member[] {
  const podOf = new Map(pods.map((pod) => [pod.name, pod]));
  const builderOf = new Map(builders.map((builder) => [builder.metadata.name, builder]));
  return [...new Set([...podOf.keys(), ...builderOf.keys()])]
    .map((name) => memberOf(pool, name, podOf.get(name), builderOf.get(name)))
    .sort(byOrdinalAndName);
}

/** Whether the builder is Ready, is not asked to drain, and its pod stays. */
export function isServing(member: Member): boolean {
  return member.phase === "Ready" && member.builder?.spec.desired !== "Drain" && !isEnding(member);
}

/** Whether its pod terminates or has ended. */
export function isEnding({ pod }: Member): boolean {
  return pod !== undefined && (pod.terminating || pod.ended);
}

/** Whether a process of the builder runs or starts: a pod exists, or a host has reported and is not Lost. */
export function isPresent({ pod, ordinal, status, phase }: Member): boolean {
  return pod !== undefined || (ordinal === undefined && status !== undefined && phase !== "Lost");
}

/** Whether a person drained the builder. The pool does not miss it. */
export function isDrainedByPerson({ builder }: Member): boolean {
  return builder?.metadata.annotations?.[drainAnnotation] === "true";
}

/** Whether the builder has not finished its warm-up. */
export function isCold({ phase }: Member): boolean {
  return phase === "Pending" || phase === "Warming";
}

/** Whether a stop loses no work: the builder builds nothing and is either not warm or already drained. */
export function isIdle({ phase }: Member): boolean {
  return phase !== "Ready" && phase !== "Draining" && phase !== "Suspect";
}

function memberOf(pool: string, name: string, pod: Pod | undefined, builder: Builder | undefined): Member {
  const external = builder?.spec.external === true && pod === undefined;
  const ordinal = external ? undefined : (pod?.ordinal ?? ordinalOf(pool, name));
  const status = external || isStatusOf(pod, builder) ? builder && presentStatusOf(builder) : undefined;
  const revision = external ? status?.revision : pod?.revision;
  return {
    name,
    ...(ordinal !== undefined && { ordinal }),
    ...(pod !== undefined && { pod }),
    ...(builder !== undefined && { builder }),
    ...(revision !== undefined && { revision }),
    ...(status !== undefined && { status }),
    phase: phaseOf(status),
    ages: noAges,
  };
}

/** The Builder object outlives its pods, so the status may come from an earlier pod. */
function isStatusOf(pod: Pod | undefined, builder: Builder | undefined): boolean {
  return pod !== undefined && !pod.ended && builder?.status?.podUid === pod.uid;
}

/** Ready requires the ready marker of this incarnation and revision. */
function phaseOf(status: BuilderStatus | undefined): BuilderPhase {
  if (status === undefined) return "Pending";
  if (status.phase !== "Ready") return status.phase;
  const { warm, incarnation, revision } = status;
  return warm?.incarnation === incarnation && warm.revision === revision ? "Ready" : "Warming";
}

function byOrdinalAndName(a: Member, b: Member): number {
  const difference = (a.ordinal ?? Number.POSITIVE_INFINITY) - (b.ordinal ?? Number.POSITIVE_INFINITY);
  if (difference < 0 || difference > 0) return difference;
  return a.name < b.name ? -1 : 1;
}
