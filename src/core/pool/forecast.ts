import type { Builder, BuilderPhase } from "../../api/objects/builder.ts";
import { apiVersion, poolFinalizer } from "../../api/objects/group.ts";
import type { Action } from "./action.ts";
import { membersOf } from "./builder/member.ts";
import { type Pod, podName } from "./builder/pod.ts";
import type { ObservedPool } from "./observed.ts";
import { planPool } from "./plan.ts";

/** More rounds than the longest roll of the largest pool takes. */
const rounds = 10_000;

interface World {
  readonly observed: ObservedPool;
  readonly pods: readonly Pod[];
  readonly builders: readonly Builder[];
  /** Pods started so far, which tells one from the next at its place. */
  readonly starts: number;
}

/**
 * Everything the planner would do from here on if nothing went wrong: builders that are asked to drain do so at once, and those that
 * start get warm. The actions in order, without those that only bring an object up to date.
 */
export function forecast(observed: ObservedPool, now: number): readonly Action[] {
  const foreseen: Action[] = [];
  let world: World = {
    observed,
    pods: observed.members.flatMap(({ pod }) => (pod === undefined ? [] : [pod])),
    builders: observed.members.flatMap(({ builder }) => (builder === undefined ? [] : [builder])),
    starts: 0,
  };
  for (let round = 0; round < rounds; round += 1) {
    const { actions, status } = planPool(observe(world), now);
    foreseen.push(...actions.filter(({ reason }) => reason !== "AsDesired"));
    const after = obey(actions.reduce(apply, withStatus(world, status)));
    if (actions.length === 0 && isSame(after, world)) break;
    world = after;
  }
  return foreseen;
}

function observe({ observed, pods, builders }: World): ObservedPool {
  return { ...observed, members: membersOf(observed.pool.metadata.name, pods, builders) };
}

function withStatus(world: World, status: ObservedPool["pool"]["status"]): World {
  return { ...world, observed: { ...world.observed, pool: { ...world.observed.pool, ...(status && { status }) } } };
}

function apply(world: World, action: Action): World {
  const { observed, pods, builders } = world;
  switch (action.do) {
    case "applyBuilder":
      return { ...world, builders: replaced(builders, action) };
    case "applyWorkload":
      return {
        ...world,
        observed: { ...observed, workload: { replicas: action.replicas, revision: action.revision } },
      };
    case "deletePod":
      return { ...world, pods: pods.filter(({ uid }) => uid !== action.uid) };
    case "deleteBuilder":
      return { ...world, builders: builders.filter(({ metadata }) => metadata.name !== action.name) };
    case "addFinalizer":
      return withFinalizers(world, [poolFinalizer]);
    case "removeFinalizer":
      return withFinalizers(world, []);
  }
  return action satisfies never;
}

function withFinalizers(world: World, finalizers: string[]): World {
  const { pool } = world.observed;
  return { ...world, observed: { ...world.observed, pool: { ...pool, metadata: { ...pool.metadata, finalizers } } } };
}

function replaced(
  builders: readonly Builder[],
  { name, spec }: Action & { readonly do: "applyBuilder" },
): readonly Builder[] {
  const before = builders.find(({ metadata }) => metadata.name === name);
  const after: Builder = { apiVersion, kind: "Builder", metadata: { name }, ...before, spec };
  return [...builders.filter((builder) => builder !== before), after];
}

/** One step of the world: ordinals are filled or emptied, builders do what they are asked. */
function obey(world: World): World {
  const { replicas, revision } = world.observed.workload ?? { replicas: 0, revision: "" };
  const pool = world.observed.pool.metadata.name;
  const kept = world.pods.filter(({ ordinal, ended }) => ordinal < replicas && !ended);
  const missing = Array.from({ length: replicas }, (_, ordinal) => ordinal).filter(
    (ordinal) => !kept.some((pod) => pod.ordinal === ordinal),
  );
  const started = missing.map((ordinal) => {
    const name = podName(pool, ordinal);
    return {
      name,
      pool,
      ordinal,
      uid: `foreseen ${world.starts} ${ordinal}`,
      revision,
      terminating: false,
      ended: false,
    };
  });
  const pods = [...kept, ...started];
  return {
    ...world,
    pods,
    starts: world.starts + started.length,
    builders: world.builders.map((builder) => obedient(builder, pods)),
  };
}

function obedient(builder: Builder, pods: readonly Pod[]): Builder {
  const pod = pods.find(({ name }) => name === builder.metadata.name);
  if (pod === undefined) return builder;
  const phase: BuilderPhase = builder.spec.desired === "Drain" ? "Drained" : "Ready";
  const { uid, revision } = pod;
  if (builder.status?.podUid === uid && builder.status.phase === phase) return builder;
  const warm = { incarnation: uid, revision, at: "1970-01-01T00:00:00Z" };
  return { ...builder, status: { phase, incarnation: uid, revision, podUid: uid, warm } };
}

function isSame(a: World, b: World): boolean {
  return (
    a.pods.every((pod, index) => pod === b.pods[index]) &&
    a.pods.length === b.pods.length &&
    a.builders.every((builder, index) => builder === b.builders[index])
  );
}
