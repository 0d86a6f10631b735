import type { QueueAction } from "../../core/queue/plan.ts";
import { isStoreError } from "../../store/error.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

export interface ApplyWorld {
  readonly store: Pick<ObjectStore, "create" | "update" | "delete">;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** Parallel writes in one batch. Other work runs after each batch. */
const atOnce = 16;

/** Result of a write: written, overtaken by another writer, or failed. */
type Ending = "done" | "overtaken" | "failed";

/**
 * Carries out the actions of a plan and counts the results. Overtaken writes must be planned again. A failed write does
 * not stop the other writes.
 */
export async function applyQueue(
  actions: readonly QueueAction[],
  world: ApplyWorld,
): Promise<Readonly<Record<Ending, number>>> {
  const endings = { done: 0, overtaken: 0, failed: 0 };
  for (let first = 0; first < actions.length; first += atOnce) {
    const batch = actions.slice(first, first + atOnce);
    for (const ending of await Promise.all(batch.map((action) => applyAction(action, world)))) endings[ending] += 1;
    await world.clock.sleep(0);
  }
  return endings;
}

const messages = { create: "created a build", update: "updated a build", delete: "deleted a build" } as const;

async function applyAction(action: QueueAction, { store, log }: ApplyWorld): Promise<Ending> {
  const { pool, check, repository, number, commit, request } = action.build.spec;
  const facts = { pool, check, repository, number, commit, request, because: action.because };
  try {
    await write(action, store);
    log.info(facts, messages[action.do]);
    return "done";
  } catch (error) {
    if (isStoreError(error, "AlreadyExists") || isStoreError(error, "NotFound")) return "done";
    if (isStoreError(error, "Conflict")) return "overtaken";
    log.error({ ...facts, error: String(error) }, "could not write a build; the pool's queue is planned again");
    return "failed";
  }
}

async function write(action: QueueAction, store: ApplyWorld["store"]): Promise<void> {
  switch (action.do) {
    case "create":
      await store.create("Build", action.build);
      return;
    case "update":
      await store.update("Build", action.build);
      return;
    case "delete":
      await store.delete("Build", action.build.metadata.name, { uid: action.build.metadata.uid });
      return;
    default:
      action satisfies never;
  }
}
