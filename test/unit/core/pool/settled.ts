import type { PoolConditionType } from "../../../../src/api/objects/reasons.ts";
import { eventOf, type PoolEvent, type PoolPlan } from "../../../../src/core/pool/action.ts";
import { World } from "./world.ts";

/** The actions of the operator, each in a few words. */
export function actionsOf(world: World): string[] {
  return world.done.map((action) => {
    switch (action.do) {
      case "applyBuilder":
        return `${action.name} ${action.spec.desired}${action.spec.drainReason ? ` ${action.spec.drainReason}` : ""}`;
      case "applyWorkload":
        return `replicas ${action.replicas}`;
      case "deletePod":
        return `delete ${action.name}`;
      case "deleteBuilder":
        return `remove ${action.name}`;
      case "addFinalizer":
      case "removeFinalizer":
        return action.do;
    }
    return action satisfies never;
  });
}

/** All Events of a completed plan. */
export function eventsOf({ actions, events }: PoolPlan): readonly PoolEvent[] {
  return [...actions.flatMap((action) => eventOf("o2", action) ?? []), ...events];
}

/** A condition of the pool, in one line. */
export function condition(world: World, type: PoolConditionType) {
  const found = world.pool.status?.conditions?.find((one) => one.type === type);
  return found && `${found.status} ${found.reason}: ${found.message}`;
}

/** A settled pool with an empty list of actions. */
export function settled(spec: ConstructorParameters<typeof World>[0]): World {
  const world = new World(spec);
  world.settle();
  world.done.length = 0;
  return world;
}

/** A settled pool whose hosts have all joined. */
export function joined(spec: ConstructorParameters<typeof World>[0]): World {
  const world = new World(spec);
  world.step();
  for (const { spec: own, metadata } of world.builders.values()) if (own.external) world.startHost(metadata.name);
  world.settle();
  world.done.length = 0;
  return world;
}
