import { createWake, type Wake } from "../../../system/wake.ts";
import { deepFreeze } from "../../frozen.ts";
import type { Identified, Reflected } from "./known.ts";
import { createWatchView, type WatchView } from "./view.ts";

/** Options of one reader of a shared watch; see `WatchOptions`. */
export interface ReaderOptions {
  readonly signal: AbortSignal;
  readonly onHealth?: (isHealthy: boolean) => void;
}

/** Opens the watch that the readers share. */
export type Follow<T> = (options: Required<ReaderOptions>) => AsyncIterable<Reflected<T>>;

interface Reader<T> {
  readonly view: WatchView<T>;
  readonly wake: Wake;
  leave(): void;
}

/** A running watch, its objects and its readers. It stops with its last reader and then accepts no new ones. */
export interface Source<T> {
  /** The existing objects by name, frozen. */
  readonly objects: ReadonlyMap<string, T>;
  /** Returns the number of Synced items so far. */
  syncCount(): number;
  /** Adds a reader; `onHealth` is called at once if the watch is healthy. */
  addReader(onHealth?: (isHealthy: boolean) => void): Reader<T>;
  /** Reports whether the last reader has left. */
  isStopped(): boolean;
}

/** Starts the watch. */
export function createSource<T extends Identified>(follow: Follow<T>): Source<T> {
  const objects = new Map<string, T>();
  const readers = new Set<Reader<T> & { readonly onHealth: (isHealthy: boolean) => void }>();
  const stop = new AbortController();
  let isHealthy = false;
  let syncs = 0;

  function onHealth(is: boolean): void {
    isHealthy = is;
    for (const reader of readers) reader.onHealth(is);
  }

  function applyChange(change: Reflected<T>): void {
    if (change.type === "Synced") syncs += 1;
    else {
      const { type, object } = change;
      const { name } = object.metadata;
      if (type === "Deleted") objects.delete(name);
      else objects.set(name, deepFreeze(object));
      for (const { view } of readers) view.touch(name, type === "Deleted" ? deepFreeze(object) : undefined);
    }
    for (const { wake } of readers) wake.ring();
  }

  async function run(): Promise<void> {
    for await (const change of follow({ signal: stop.signal, onHealth })) applyChange(change);
  }

  void run(); // only the signal ends a watch: any other error is a bug and may stop the process
  return {
    objects,
    syncCount: () => syncs,
    isStopped: () => stop.signal.aborted,
    addReader(onHealth = () => {}) {
      const leave = () => {
        readers.delete(reader);
        if (readers.size === 0) stop.abort();
      };
      const reader = { view: createWatchView(objects), wake: createWake(), onHealth, leave };
      readers.add(reader);
      if (isHealthy) onHealth(true);
      return reader;
    },
  };
}
