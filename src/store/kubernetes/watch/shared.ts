import { setImmediate as breathe } from "node:timers/promises";
import type { Identified, Reflected } from "./known.ts";
import { createSource, type Follow, type ReaderOptions } from "./source.ts";

/** One watch for many readers. */
export interface SharedWatch<T> {
  /** Everything that exists, Synced, and news, until the signal aborts. */
  read(options: ReaderOptions): AsyncGenerator<Reflected<T>, void, undefined>;
}

/** Changes told in one go before other work of the process gets its turn. */
const slice = 50;

/**
 * Readers of the same objects share them, and one connection: `follow` is called for the first reader and aborted with the last. Each is
 * told everything in its own time, merged into the present state of an object for one who is slow.
 */
export function createSharedWatch<T extends Identified>(follow: Follow<T>): SharedWatch<T> {
  let source: ReturnType<typeof createSource<T>> | undefined;

  async function* read({ signal, onHealth }: ReaderOptions): AsyncGenerator<Reflected<T>, void, undefined> {
    if (signal.aborted) return;
    source ??= createSource(follow);
    const mine = source;
    const { view, bell, leave } = mine.join(onHealth);
    let syncs = 0;
    try {
      for (let turn = 1; !signal.aborted; turn += 1) {
        const changes = view.next();
        const isSynced = syncs < mine.syncs();
        for (const change of changes) {
          if (signal.aborted) return;
          yield change;
        }
        if (changes.length === 0 && isSynced) {
          syncs = mine.syncs();
          yield { type: "Synced", names: new Set(mine.exists.keys()) };
        } else if (changes.length === 0) await bell.wait(signal);
        else if (turn % slice === 0) await breathe();
      }
    } finally {
      leave();
      if (mine.isOver() && source === mine) source = undefined;
    }
  }

  return { read };
}
