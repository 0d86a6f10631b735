import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Kind } from "../../api/objects/kinds.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError } from "../error.ts";
import type { Change, WatchOptions } from "../objectStore.ts";
import { createHealthReporter } from "../watch/health.ts";
import type { ChangeSignals } from "./changeSignals.ts";
import type { Database } from "./database.ts";
import type { Rows } from "./rows.ts";
import { createWatchView } from "./view.ts";

const retryMs = 1000;

interface World {
  readonly database: Database;
  readonly rows: Rows;
  readonly signals: ChangeSignals;
  readonly clock: Clock;
  readonly log: Log;
}

/** Implements `ObjectStore.watch`. Ends when the signal aborts or the store is closed. */
export async function* watchObjects<K extends Kind>(
  world: World,
  kind: K,
  { signal, selector, onHealth }: WatchOptions,
): AsyncGenerator<Change<K>, void, undefined> {
  const { database, rows, signals } = world;
  if (signals.isClosed) return;
  const changes = signals.open();
  try {
    const view = database.read(() => createWatchView(rows, kind, selector));
    const reportHealth = createHealthReporter(onHealth);
    const isOver = () => signal.aborted || signals.isClosed;
    while (!isOver()) {
      const found = await readOrPause(world, kind, signal, () => database.read(view.next), reportHealth);
      for (const change of found?.changes ?? []) {
        if (signal.aborted) return;
        yield change;
      }
      if (found?.isCurrent) await changes.wait(signal);
      else await yieldToEventLoop(); // delivering thousands of objects at once would block the event loop
    }
  } finally {
    changes.close();
  }
}

/**
 * Returns the result of `read`, or undefined after a pause if the store is unavailable. A watch survives a full disk.
 */
async function readOrPause<T>(
  { log, clock }: World,
  kind: Kind,
  signal: AbortSignal,
  read: () => T,
  reportHealth: (isHealthy: boolean) => void,
): Promise<T | undefined> {
  try {
    const found = read();
    reportHealth(true);
    return found;
  } catch (error) {
    if (!isStoreError(error, "Unavailable")) throw error;
    reportHealth(false);
    log.warn({ kind, error: error.message, retryMs }, "watch cannot read the store, retrying");
    await clock.sleep(retryMs, signal).catch(() => {});
    return undefined;
  }
}
