import type { Builder, BuilderPhase, BuilderStatus } from "../../api/objects/builder.ts";
import { apiVersion, poolFinalizer } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { presentStatusOf } from "../host/presentStatus.ts";
import type { Action, OwnedSpec } from "./action.ts";
import { type Pod, podName } from "./builder/pod.ts";
import type { Workload } from "./observed.ts";

/** A pool with its pods and Builders, as an immutable value. Every step returns the same value if nothing changes. */
export interface SimulatedPool {
  readonly pool: BuilderPool;
  readonly pods: readonly Pod[];
  readonly builders: ReadonlyMap<string, Builder>;
  readonly workload: Workload | undefined;
  /** Number of pods started so far. Each start has the UID `<uidPrefix>-<number>`. */
  readonly started: number;
  /** Must differ from the UIDs of the pods that exist already. */
  readonly uidPrefix: string;
}

/** Carries out one action. A deleted pod terminates, and `removeEndedPods` removes the pod. */
export function applyAction(state: SimulatedPool, action: Action): SimulatedPool {
  switch (action.do) {
    case "addFinalizer":
      return withFinalizers(state, [poolFinalizer]);
    case "removeFinalizer":
      return withFinalizers(state, []);
    case "applyBuilder": {
      const { name, spec } = action;
      const before = state.builders.get(name);
      return withBuilder(state, {
        ...{ apiVersion, kind: "Builder", metadata: { name }, ...before },
        spec: withAccount(name, spec),
      });
    }
    case "applyWorkload":
      return { ...state, workload: { replicas: action.replicas, revision: action.revision } };
    case "deletePod":
      return terminate(state, ({ uid }) => uid === action.uid);
    case "deleteBuilder": {
      const builders = new Map(state.builders);
      builders.delete(action.name);
      return { ...state, builders };
    }
  }
  return action satisfies never;
}

/** Every host has its account at once. */
function withAccount(name: string, spec: OwnedSpec): Builder["spec"] {
  return spec.external ? { ...spec, account: accountIn(name) } : spec;
}

/** UID of the account of a host in a simulation. */
export function accountIn(name: string): string {
  return `account-of-${name}`;
}

/** The pool with one Builder added or replaced. */
export function withBuilder(state: SimulatedPool, builder: Builder): SimulatedPool {
  return { ...state, builders: new Map(state.builders).set(builder.metadata.name, builder) };
}

/** Terminates the pods above the replicas of the workload, as a StatefulSet does after a scale-down. */
export function terminateExcessPods(state: SimulatedPool): SimulatedPool {
  const replicas = state.workload?.replicas ?? 0;
  return terminate(state, ({ ordinal }) => ordinal >= replicas);
}

/** Removes the pods that terminate or have ended. */
export function removeEndedPods(state: SimulatedPool): SimulatedPool {
  const pods = state.pods.filter(({ terminating, ended }) => !terminating && !ended);
  return pods.length === state.pods.length ? state : { ...state, pods };
}

/** Starts the missing ordinals at the revision of the workload, as a StatefulSet does. */
export function startMissingPods(state: SimulatedPool): SimulatedPool {
  const { replicas, revision } = state.workload ?? { replicas: 0, revision: "" };
  const pool = state.pool.metadata.name;
  const existing = new Set(state.pods.map(({ ordinal }) => ordinal));
  const missing = Array.from({ length: replicas }, (_, ordinal) => ordinal).filter((ordinal) => !existing.has(ordinal));
  if (missing.length === 0) return state;
  const pods = missing.map((ordinal, index) => ({
    name: podName(pool, ordinal),
    pool,
    ordinal,
    uid: `${state.uidPrefix}-${state.started + index + 1}`,
    revision,
    terminating: false,
    ended: false,
  }));
  return { ...state, pods: [...state.pods, ...pods], started: state.started + pods.length };
}

/**
 * Moves every host that has joined to its next phase. The process of a host with the incarnation `spec.end` ends after
 * its drain, and another starts at `spec.revision`.
 */
export function advanceHosts(
  state: SimulatedPool,
  nextPhaseOf: (phase: BuilderPhase, mustDrain: boolean) => BuilderPhase,
): SimulatedPool {
  return [...state.builders.values()].reduce((before, builder) => {
    const { spec } = builder;
    const status = presentStatusOf(builder);
    if (!spec.external || status === undefined || status.phase === "Lost") return before;
    const { incarnation } = status;
    const hasEnded = spec.end === incarnation && status.phase === "Drained";
    const next = hasEnded ? "Warming" : nextPhaseOf(status.phase, spec.desired === "Drain");
    if (next === status.phase) return before;
    const started = hasEnded ? startedHost(incarnation, spec.revision) : status;
    return withBuilder(before, { ...builder, status: statusOfHost(builder.metadata.name, started, next) });
  }, state);
}

/** The status that the process of a host writes in `phase`. */
export function statusOfHost(
  name: string,
  { incarnation, revision = "" }: Pick<BuilderStatus, "incarnation" | "revision">,
  phase: BuilderPhase,
): BuilderStatus {
  const warm = { incarnation, revision, at: "1970-01-01T00:00:00Z" };
  return { phase, incarnation, revision, podUid: accountIn(name), ...(phase === "Ready" && { warm }) };
}

function startedHost(before: string, revision: string | undefined): Pick<BuilderStatus, "incarnation" | "revision"> {
  return { incarnation: `after-${before}`, ...(revision !== undefined && { revision }) };
}

/** Moves every builder with a pod to its next phase. A builder without a status from its present pod is Pending. */
export function advanceBuilders(
  state: SimulatedPool,
  nextPhaseOf: (phase: BuilderPhase, mustDrain: boolean) => BuilderPhase,
): SimulatedPool {
  return state.pods.reduce((before, pod) => {
    const builder = before.builders.get(pod.name);
    if (builder === undefined) return before;
    const phase = builder.status?.podUid === pod.uid ? builder.status.phase : "Pending";
    const next = nextPhaseOf(phase, builder.spec.desired === "Drain");
    return next === phase ? before : withBuilder(before, { ...builder, status: statusOfPod(pod, next) });
  }, state);
}

/** The status that the builder of `pod` writes in `phase`. Ready includes the ready marker of this incarnation. */
export function statusOfPod({ uid, revision }: Pod, phase: BuilderPhase): BuilderStatus {
  const incarnation = `incarnation-of-${uid}`;
  const warm = { incarnation, revision, at: "1970-01-01T00:00:00Z" };
  return { phase, incarnation, revision, podUid: uid, ...(phase === "Ready" && { warm }) };
}

function terminate(state: SimulatedPool, matches: (pod: Pod) => boolean): SimulatedPool {
  if (!state.pods.some((pod) => matches(pod) && !pod.terminating)) return state;
  return { ...state, pods: state.pods.map((pod) => (matches(pod) ? { ...pod, terminating: true } : pod)) };
}

function withFinalizers(state: SimulatedPool, finalizers: string[]): SimulatedPool {
  const { pool } = state;
  return { ...state, pool: { ...pool, metadata: { ...pool.metadata, finalizers } } };
}
