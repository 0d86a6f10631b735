import type { Builder, BuilderPhase, BuilderStatus } from "../../../api/objects/builder.ts";
import { ordinalOf, type Pod } from "./pod.ts";

/** Spans in milliseconds, measured on the operator's monotonic clock from when it first saw the state. */
export interface Ages {
  /** Asked to drain, the same pod all along. */
  readonly draining: number;
  /** Not warm, and no progress towards it. */
  readonly stuck: number;
  readonly quarantined: number;
  /** Times in a row that it was quarantined after a restart; 1 for the first. */
  readonly strikes: number;
}

/** A builder as the planner sees it: what runs and what the object says, joined by name. */
export interface Member {
  readonly name: string;
  /** Absent for an outside host. */
  readonly ordinal?: number;
  readonly pod?: Pod;
  readonly builder?: Builder;
  /** What this very pod says of itself; absent while the object still speaks of an earlier one. */
  readonly status?: BuilderStatus;
  readonly phase: BuilderPhase;
  readonly ages: Ages;
}

/** Ages of something just seen. */
export const noAges: Ages = { draining: 0, stuck: 0, quarantined: 0, strikes: 0 };

/** Pods by ordinal, then outside hosts by name. A builder of neither kind (its pod is gone) is in its ordinal's place. */
export function membersOf(
  pool: string,
  pods: readonly Pod[],
  builders: readonly Builder[],
  ages: (name: string) => Ages = () => noAges,
): readonly Member[] {
  const podOf = new Map(pods.map((pod) => [pod.name, pod]));
  const builderOf = new Map(builders.map((builder) => [builder.metadata.name, builder]));
  return [...new Set([...podOf.keys(), ...builderOf.keys()])]
    .map((name) => memberOf(pool, name, podOf.get(name), builderOf.get(name), ages(name)))
    .sort(inOrder);
}

/** Whether work may be given to it, and would be missed. */
export function isServing(member: Member): boolean {
  return member.phase === "Ready" && member.builder?.spec.desired !== "Drain" && !isEnding(member);
}

/** Whether its pod is on the way out or gone. */
export function isEnding({ pod }: Member): boolean {
  return pod !== undefined && (pod.terminating || pod.ended);
}

/** Whether it has yet to get warm. */
export function isCold({ phase }: Member): boolean {
  return phase === "Pending" || phase === "Warming";
}

/** Whether nothing is lost when it is stopped now: it builds nothing and is not warm, or is drained already. */
export function isIdle({ phase }: Member): boolean {
  return phase !== "Ready" && phase !== "Draining" && phase !== "Suspect";
}

function memberOf(pool: string, name: string, pod: Pod | undefined, builder: Builder | undefined, ages: Ages): Member {
  const external = builder?.spec.external === true && pod === undefined;
  const ordinal = external ? undefined : (pod?.ordinal ?? ordinalOf(pool, name));
  const status = external || speaksOf(pod, builder) ? builder?.status : undefined;
  return {
    name,
    ...(ordinal !== undefined && { ordinal }),
    ...(pod !== undefined && { pod }),
    ...(builder !== undefined && { builder }),
    ...(status !== undefined && { status }),
    phase: phaseOf(status),
    ages,
  };
}

/** The object outlives its pods: what an earlier one wrote says nothing about this one. */
function speaksOf(pod: Pod | undefined, builder: Builder | undefined): boolean {
  return pod !== undefined && !pod.ended && builder?.status?.podUid === pod.uid;
}

/** Ready counts only with the marker of this incarnation and revision. */
function phaseOf(status: BuilderStatus | undefined): BuilderPhase {
  if (status === undefined) return "Pending";
  if (status.phase !== "Ready") return status.phase;
  const { warm, incarnation, revision } = status;
  return warm?.incarnation === incarnation && warm.revision === revision ? "Ready" : "Warming";
}

function inOrder(a: Member, b: Member): number {
  const byOrdinal = (a.ordinal ?? Number.POSITIVE_INFINITY) - (b.ordinal ?? Number.POSITIVE_INFINITY);
  if (byOrdinal < 0 || byOrdinal > 0) return byOrdinal;
  return a.name < b.name ? -1 : 1;
}
