import { heartbeatInterval } from "../../core/liveness/heartbeat.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isOnTrial, passTrial, undoneUpdate, undoUpdate } from "../service/versions.ts";
import type { Journal } from "./journal.ts";

/** Inputs of `watchTrial`. */
export interface TrialWorld {
  /** Folder with the versions. Undefined in a checkout, where no update is possible. */
  readonly root: string | undefined;
  readonly journal: Pick<Journal, "status" | "isConnected" | "setTrouble">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds until a new version must be connected and warm up. */
const limit = 5 * 60_000;

/**
 * Follows an update on trial. Passes when the builder is connected, and Warming, Ready or kept drained by a person.
 * Resolves with true when the previous version must start: the agent then ends.
 */
export async function watchTrial({ root, journal, clock, log }: TrialWorld, signal: AbortSignal): Promise<boolean> {
  if (root === undefined) return false;
  const undone = await undoneUpdate(root);
  journal.setTrouble("update", undone && `the update to ${undone}, so the version before it runs; see its log`);
  if (!(await isOnTrial(root))) return false;
  const startedAt = clock.monotonic();
  while (!signal.aborted) {
    const phase = journal.status()?.phase;
    if (journal.isConnected() && phase !== undefined && ["Warming", "Ready", "Drained"].includes(phase)) {
      await passTrial(root);
      log.info({ phase }, "the update works and stays");
      return false;
    }
    if (clock.monotonic() - startedAt >= limit) {
      const reason = `was not Ready or Warming within 5 min (${phase ?? "Pending"})`;
      log.error({ reason }, "the update does not work; the previous version starts again");
      return await undoUpdate(root, reason);
    }
    await clock.sleep(heartbeatInterval, signal).catch(() => {});
  }
  return false;
}
