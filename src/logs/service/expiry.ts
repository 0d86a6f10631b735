import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { LogStore } from "../logStore.ts";
import type { FreeSpace } from "./room.ts";

export interface ExpiryOptions {
  readonly store: LogStore;
  readonly room: FreeSpace;
  /** Milliseconds. */
  readonly keep: number;
  readonly clock: Clock;
  readonly log: Log;
}

const interval = 3_600_000;

/** Every hour until `signal` aborts: deletes what is older than `keep`, and counts anew what is there. */
export async function runExpiry({ store, room, keep, clock, log }: ExpiryOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const freed = await store.expire(keep);
      room.add(-freed);
      if (freed > 0) log.info({ freed }, "expired logs");
      await room.measure();
    } catch (error) {
      log.warn({ error: String(error) }, "old logs could not be deleted; this is tried again in an hour");
    }
    await clock.sleep(interval, signal).catch(() => {});
  }
}
