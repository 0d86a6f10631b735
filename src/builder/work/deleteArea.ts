import type { Outcome } from "../../api/cell/event.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { AreaName } from "../areas/plan.ts";
import type { Brain } from "../brain.ts";
import { prepareOrder } from "./order.ts";

/**
 * The build cell deletes the contents as their owner, and the builder deletes the top folder. A work area with
 * undeletable contents stays, and the next cleanup tries again. Resolves with the outcome of the cell if the work
 * area stays.
 */
export async function deleteArea(
  brain: Brain,
  pool: BuilderPool,
  area: AreaName,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { cells, log, name } = brain.world;
  const [check] = brain.checks();
  if (check === undefined) return undefined;
  const path = await brain.areas.enter(area);
  try {
    const order = await prepareOrder(brain, pool, { id: brain.nextId(), task: "delete", check, area: path }, signal);
    const outcome = await cells.run(order, () => {}, signal);
    const isGone = await brain.areas.discard(area);
    if (isGone) log.info({ builder: name, ...area }, "work area of a pull request deleted");
    else log.warn({ builder: name, ...area, outcome }, "a work area cannot be deleted; the next cleanup tries again");
    return isGone ? undefined : outcome;
  } finally {
    await brain.areas.leave();
  }
}
