import type { BuilderPhase } from "../../api/objects/builder.ts";
import type { Trial } from "../comparison/trials.ts";
import type { Action } from "./action.ts";
import { membersOf } from "./builder/member.ts";
import type { ObservedPool } from "./observed.ts";
import { planPool } from "./plan.ts";
import { budgetWaitOf } from "./rollout/budgetWait.ts";
import { removalsOf } from "./rollout/removal.ts";
import { rolloutOf } from "./rollout/rollout.ts";
import {
  advanceBuilders,
  advanceHosts,
  applyAction,
  removeEndedPods,
  type SimulatedPool,
  startMissingPods,
  terminateExcessPods,
} from "./simulation.ts";

/** Upper bound of the simulated steps, above the longest rollout of the largest pool. */
const mostSteps = 10_000;

/**
 * A step of a forecast: an action of the operator, the start of a builder that did not exist before, or a wait for the
 * budget, now or at the end.
 */
export type ForecastStep =
  | Action
  | { readonly do: "startBuilder"; readonly name: string; readonly message: string }
  | { readonly do: "wait"; readonly message: string };

/**
 * The steps that follow from the observed state if no builder fails. Builders drain and warm up at once. The list has
 * the order of execution and omits actions that only bring an object up to date.
 */
export function forecast(observed: ObservedPool, now: number): readonly ForecastStep[] {
  const forecasted: ForecastStep[] = [...waitIn(observed, now)];
  let state = simulationOf(observed);
  let trials = observed.trials;
  const known = new Set(state.pods.map(({ name }) => name));
  for (let step = 0; step < mostSteps; step += 1) {
    const before = state.pool.status?.canary;
    const { actions, status } = planPool({ ...observe(observed, state), ...(trials && { trials }) }, now);
    forecasted.push(...actions.filter(({ reason }) => reason !== "AsDesired"));
    const applied = actions.reduce(applyAction, { ...state, pool: { ...state.pool, status } });
    state = advance(applied);
    for (const { name, ordinal } of state.pods) {
      if (known.has(name)) continue;
      known.add(name);
      forecasted.push({ do: "startBuilder", name, message: startMessage(name, ordinal, observed) });
    }
    if (actions.length > 0 || state !== applied || JSON.stringify(before) !== JSON.stringify(status.canary)) continue;
    const { canary } = status;
    if (canary?.phase !== "Testing" || canary.since === undefined) break;
    const agreeing = agreeingTrials(observed, canary.revision);
    if (canary.agreed.length >= agreeing.length) break;
    forecasted.push({ do: "wait", message: trialMessage(observed, canary.revision) });
    trials = agreeing;
  }
  return [...forecasted, ...waitIn(observe(observed, state), now)];
}

function waitIn(observed: ObservedPool, now: number): readonly ForecastStep[] {
  const rollout = rolloutOf(observed, now);
  const wait = budgetWaitOf(observed, rollout, removalsOf(observed, rollout));
  return wait === undefined ? [] : [{ do: "wait", message: wait }];
}

function trialMessage({ pool }: ObservedPool, revision: string): string {
  const { agree, timeout } = pool.spec.update.canary ?? {};
  return `Waits until ${agree} verdicts of revision ${revision} agree with the loud builders, at most ${timeout}; a confirmed disagreement stops the rollout`;
}

/** As many agreeing verdicts as the trial needs. */
function agreeingTrials({ pool }: ObservedPool, revision: string): readonly Trial[] {
  const side = { result: "Success", isGreen: true, url: "" };
  const trial = { with: pool.metadata.name, check: "", repository: "", own: side, other: side, revision };
  return Array.from({ length: pool.spec.update.canary?.agree ?? 0 }, (_, number) => {
    return { ...trial, build: `forecast-${number}`, number, commit: "", outcome: "Agrees" as const };
  });
}

function startMessage(name: string, ordinal: number, { pool }: ObservedPool): string {
  return ordinal < pool.spec.instances
    ? `Starts "${name}", a new builder, which warms up and joins the partition`
    : `Starts "${name}" in addition, until the replaced builders are ready`;
}

function simulationOf({ pool, members, workload }: ObservedPool): SimulatedPool {
  return {
    pool,
    pods: members.flatMap(({ pod }) => (pod === undefined ? [] : [pod])),
    builders: new Map(members.flatMap(({ name, builder }) => (builder === undefined ? [] : [[name, builder]]))),
    workload,
    started: 0,
    uidPrefix: "forecast",
  };
}

function observe(observed: ObservedPool, { pool, pods, builders, workload }: SimulatedPool): ObservedPool {
  const members = membersOf(pool.metadata.name, pods, [...builders.values()]);
  return { ...observed, pool, members, ...(workload !== undefined && { workload }) };
}

/** Replaces the pods that leave, then completes every warm-up and drain. */
function advance(state: SimulatedPool): SimulatedPool {
  const pods = advanceBuilders(startMissingPods(removeEndedPods(terminateExcessPods(state))), finalPhaseOf);
  return advanceHosts(pods, finalPhaseOf);
}

function finalPhaseOf(_phase: BuilderPhase, mustDrain: boolean): BuilderPhase {
  return mustDrain ? "Drained" : "Ready";
}
