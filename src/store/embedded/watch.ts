import { setImmediate as breathe } from "node:timers/promises";
import type { Kind } from "../../api/objects/kinds.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError } from "../error.ts";
import type { Change, WatchOptions } from "../objectStore.ts";
import { healthChanges } from "../watch/health.ts";
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

/** `ObjectStore.watch`; ends when the signal aborts or the store is closed. */
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
    const tell = healthChanges(onHealth);
    const isOver = () => signal.aborted || signals.isClosed;
    while (!isOver()) {
      const found = await retried(world, kind, signal, () => database.read(view.next), tell);
      for (const change of found?.changes ?? []) {
        if (signal.aborted) return;
        yield change;
      }
      if (found?.isCurrent) await changes.wait(signal);
      else await breathe(); // thousands of objects at once would keep the process from everything else
    }
  } finally {
    changes.close();
  }
}

/** What `read` gives; undefined after a pause when the store could not be read. A watch outlives a full disk. */
async function retried<T>(
  { log, clock }: World,
  kind: Kind,
  signal: AbortSignal,
  read: () => T,
  tell: (isHealthy: boolean) => void,
): Promise<T | undefined> {
  try {
    const found = read();
    tell(true);
    return found;
  } catch (error) {
    if (!isStoreError(error, "Unavailable")) throw error;
    tell(false);
    log.warn({ kind, error: error.message, retryMs }, "watch cannot read the store, trying again");
    await clock.sleep(retryMs, signal).catch(() => {});
    return undefined;
  }
}
