import type { Trial } from "../../../../../src/core/comparison/trials.ts";
import { sha } from "../../../../support/objects/build.ts";
import type { World } from "../world.ts";

/** A verdict of a canary with this outcome, on pull request `number`. */
export function aTrial(revision: string, number: number, outcome: Trial["outcome"] = "Agrees"): Trial {
  const side = { result: "Success", isGreen: true, url: `https://logs.example/${number}` };
  const own =
    outcome === "Agrees" ? side : { result: "Failure", isGreen: false, url: `https://logs.example/shadow-${number}` };
  const about = { with: "o2", revision, check: "c", repository: "o/r", number, commit: sha(number) };
  return { ...about, build: `o2-${number}`, own, other: side, outcome };
}

/** Steps until nothing changes, and calls `look` after each reconcile. */
export function roll(world: World, look: (world: World) => void = () => {}, limit = 200): void {
  for (let round = 0; round < limit; round += 1) {
    const before = JSON.stringify([world.pool.status?.canary, world.phases(), world.done.length]);
    world.step();
    look(world);
    world.advance();
    if (before === JSON.stringify([world.pool.status?.canary, world.phases(), world.done.length])) return;
  }
  throw new Error("the rollout does not come to rest");
}
