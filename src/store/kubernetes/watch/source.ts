import { type Bell, createBell } from "../../bell.ts";
import { frozen } from "../../frozen.ts";
import type { Identified, Reflected } from "./known.ts";
import { createWatchView, type WatchView } from "./view.ts";

export interface ReaderOptions {
  readonly signal: AbortSignal;
  readonly onHealth?: (isHealthy: boolean) => void;
}

export type Follow<T> = (options: Required<ReaderOptions>) => AsyncIterable<Reflected<T>>;

interface Reader<T> {
  readonly view: WatchView<T>;
  readonly bell: Bell;
  leave(): void;
}

/** What a watch has shown, and who is told of it. It ends with its last reader, and cannot be joined afterwards. */
export interface Source<T> {
  readonly exists: ReadonlyMap<string, T>;
  /** How often everything that exists was complete. */
  syncs(): number;
  join(onHealth?: (isHealthy: boolean) => void): Reader<T>;
  isOver(): boolean;
}

export function createSource<T extends Identified>(follow: Follow<T>): Source<T> {
  const exists = new Map<string, T>();
  const readers = new Set<Reader<T> & { readonly onHealth: (isHealthy: boolean) => void }>();
  const end = new AbortController();
  let isHealthy = false;
  let syncs = 0;

  function onHealth(is: boolean): void {
    isHealthy = is;
    for (const reader of readers) reader.onHealth(is);
  }

  function take(change: Reflected<T>): void {
    if (change.type === "Synced") syncs += 1;
    else {
      const { type, object } = change;
      const { name } = object.metadata;
      if (type === "Deleted") exists.delete(name);
      else exists.set(name, frozen(object));
      for (const { view } of readers) view.touch(name, type === "Deleted" ? frozen(object) : undefined);
    }
    for (const { bell } of readers) bell.ring();
  }

  async function run(): Promise<void> {
    for await (const change of follow({ signal: end.signal, onHealth })) take(change);
  }

  void run(); // a watch ends by its signal alone: whatever else ends it is a bug and may end the process
  return {
    exists,
    syncs: () => syncs,
    isOver: () => end.signal.aborted,
    join(onHealth = () => {}) {
      const leave = () => {
        readers.delete(reader);
        if (readers.size === 0) end.abort();
      };
      const reader = { view: createWatchView(exists), bell: createBell(), onHealth, leave };
      readers.add(reader);
      if (isHealthy) onHealth(true);
      return reader;
    },
  };
}
