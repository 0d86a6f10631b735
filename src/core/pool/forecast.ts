import type { BuilderPhase } from "../../api/objects/builder.ts";
import type { Action } from "./action.ts";
import { membersOf } from "./builder/member.ts";
import type { ObservedPool } from "./observed.ts";
import { planPool } from "./plan.ts";
import {
  advanceBuilders,
  applyAction,
  removeEndedPods,
  type SimulatedPool,
  startMissingPods,
  terminateExcessPods,
} from "./simulation.ts";

/** Upper bound of the simulated steps, above the longest rollout of the largest pool. */
const mostSteps = 10_000;

/**
 * The actions that the planner would take from the observed state if no builder failed. Builders drain and warm up at
 * once. The list has the order of execution and omits actions that only bring an object up to date.
 */
export function forecast(observed: ObservedPool, now: number): readonly Action[] {
  const forecasted: Action[] = [];
  let state = simulationOf(observed);
  for (let step = 0; step < mostSteps; step += 1) {
    const { actions, status } = planPool(observe(observed, state), now);
    forecasted.push(...actions.filter(({ reason }) => reason !== "AsDesired"));
    const applied = actions.reduce(applyAction, { ...state, pool: { ...state.pool, status } });
    state = advance(applied);
    if (actions.length === 0 && state === applied) break;
  }
  return forecasted;
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
  return advanceBuilders(startMissingPods(removeEndedPods(terminateExcessPods(state))), finalPhaseOf);
}

function finalPhaseOf(_phase: BuilderPhase, mustDrain: boolean): BuilderPhase {
  return mustDrain ? "Drained" : "Ready";
}
