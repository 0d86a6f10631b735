import type { Stored } from "../../api/objects/kinds.ts";
import type { ChangeAges } from "../../core/liveness/changes.ts";
import type { BuilderTimers } from "../../core/pool/builder/timers.ts";

/** State between two reconciles. In memory only: all ages restart at 0 with the process. */
export interface Memory {
  /** By name. */
  readonly pools: Map<string, PoolMemory>;
  /** Our last writes of Builders. The cache may not show them yet. */
  readonly written: Map<string, Stored<"Builder">>;
}

/** State of one pool. A new pool with the same name and another UID starts with fresh state. */
export interface PoolMemory {
  readonly uid: string;
  timers: BuilderTimers;
  /** When the last work of each builder was first seen. */
  work?: ChangeAges;
  deletingSince?: number;
  /** When a Builder of a host was last seen. */
  hostSeenAt?: number;
  /** Since when a status waits for its write. */
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
