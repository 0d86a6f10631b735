import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderTimers } from "../../core/pool/builder/timers.ts";

/** What is remembered between two looks; ages begin anew with the process. */
export interface Memory {
  /** By name. */
  readonly pools: Map<string, PoolMemory>;
  /** Builders as we wrote them last, which a cache may not show yet. */
  readonly written: Map<string, Stored<"Builder">>;
}

/** What is remembered of one pool: one of the same name that comes later is another. */
export interface PoolMemory {
  readonly uid: string;
  timers: BuilderTimers;
  deletingSince?: number;
  /** Since when a status waits to be written. */
  unwrittenSince?: number | undefined;
}

export function createMemory(): Memory {
  return { pools: new Map(), written: new Map() };
}

export function memoryOf({ metadata: { name, uid } }: Stored<"BuilderPool">, { pools }: Memory): PoolMemory {
  const known = pools.get(name);
  if (known?.uid === uid) return known;
  const fresh: PoolMemory = { uid, timers: new Map() };
  pools.set(name, fresh);
  return fresh;
}
