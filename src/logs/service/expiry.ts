import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { LogStore } from "../logStore.ts";
import type { FreeSpace } from "./room.ts";

/** Dependencies and settings of the expiry. */
export interface ExpiryOptions {
  readonly store: LogStore;
  readonly space: FreeSpace;
  /** Age of expired logs, in milliseconds. */
  readonly keep: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two runs. */
const interval = 3_600_000;

/** Deletes logs older than `keep` and measures the used space, every hour until `signal` aborts. */
export async function runExpiry({ store, space, keep, clock, log }: ExpiryOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const freed = await store.expire(keep);
      space.add(-freed);
      if (freed > 0) log.info({ freed }, "deleted expired logs");
      await space.measure();
    } catch (error) {
      log.warn({ error: String(error) }, "could not delete expired logs, retrying in an hour");
    }
    await clock.sleep(interval, signal).catch(() => {});
  }
}
