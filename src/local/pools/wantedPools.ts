import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { cellSecretLines } from "../../builder/machine/cellSecrets.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Log } from "../../system/log.ts";
import { applyPools, createPool } from "./apply.ts";
import { fieldsWithoutEffectOf } from "./withoutEffect.ts";

/** The pools that the pool files declare now. */
export interface WantedPools {
  /** Returns the notes about the pools that no earlier call has returned. */
  newNotesOf(pools: readonly BuilderPool[]): readonly string[];
  /** Replaces the wanted pools and applies them to the store; see `applyPools`. Returns one line per change. */
  apply(pools: readonly BuilderPool[], areAll: boolean): Promise<readonly string[]>;
  /** Creates a pool again if it was added back to the files while it was being deleted. */
  recreate(deleted: BuilderPool): void;
}

/** Ports and settings of `createWantedPools`. */
export interface WantedPoolsOptions {
  readonly workDir: string;
  readonly pools: readonly BuilderPool[];
  readonly log: Log;
  say(line: string): void;
}

/** Creates the wanted pools with the pools of the first read of the files. Writes nothing yet. */
export function createWantedPools(
  store: ObjectStore,
  { workDir, pools: first, log, say }: WantedPoolsOptions,
): WantedPools {
  let wanted = first;
  const known = new Set<string>();

  return {
    newNotesOf(pools) {
      const notes = [...pools.flatMap(fieldsWithoutEffectOf), ...cellSecretLines(pools, join(workDir, "secrets"))];
      const fresh = notes.filter((note) => !known.has(note));
      for (const note of fresh) known.add(note);
      return [...new Set(fresh)];
    },

    async apply(pools, areAll) {
      wanted = pools;
      return applyPools(store, pools, areAll);
    },

    recreate({ metadata: { name } }) {
      const pool = wanted.find(({ metadata }) => metadata.name === name);
      if (pool === undefined) return;
      createPool(store, pool).then(say, (error: unknown) =>
        log.error({ pool: name, error: String(error) }, "pool not created again after its deletion"),
      );
    },
  };
}
