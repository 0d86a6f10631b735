import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Identified, Reflected } from "./known.ts";
import { createSource, type Follow, type ReaderOptions } from "./source.ts";

/** One watch with many readers. */
export interface SharedWatch<T> {
  /** Delivers all existing objects, Synced, and then every change until the signal aborts. */
  read(options: ReaderOptions): AsyncGenerator<Reflected<T>, void, undefined>;
}

/** Steps of one reader between two yields to the event loop. */
const stepsPerYield = 50;

/**
 * Creates a shared watch. Readers share one connection and its objects: the first reader starts `follow`, and the last
 * one aborts it. Readers are independent: for a slow reader several changes of one object merge into its current state.
 */
export function createSharedWatch<T extends Identified>(follow: Follow<T>): SharedWatch<T> {
  let source: ReturnType<typeof createSource<T>> | undefined;

  async function* read({ signal, onHealth }: ReaderOptions): AsyncGenerator<Reflected<T>, void, undefined> {
    if (signal.aborted) return;
    source ??= createSource(follow);
    const joined = source;
    const { view, wake, leave } = joined.addReader(onHealth);
    let deliveredSyncs = 0;
    try {
      for (let step = 1; !signal.aborted; step += 1) {
        const changes = view.next();
        const isSynced = deliveredSyncs < joined.syncCount();
        for (const change of changes) {
          if (signal.aborted) return;
          yield change;
        }
        if (changes.length === 0 && isSynced) {
          deliveredSyncs = joined.syncCount();
          yield { type: "Synced", names: new Set(joined.objects.keys()) };
        } else if (changes.length === 0) await wake.wait(signal);
        else if (step % stepsPerYield === 0) await yieldToEventLoop();
      }
    } finally {
      leave();
      if (joined.isStopped() && source === joined) source = undefined;
    }
  }

  return { read };
}
