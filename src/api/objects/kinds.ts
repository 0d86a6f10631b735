import { Build } from "./build.ts";
import { Builder } from "./builder.ts";
import { Lease } from "./lease.ts";
import type { StoredMeta } from "./metadata.ts";
import { BuilderPool } from "./pool.ts";

/** The kinds on the bus, with their schemas. */
export const kinds = { BuilderPool, Builder, Build, Lease } as const;
export type Kind = keyof typeof kinds;

export interface ObjectByKind {
  BuilderPool: BuilderPool;
  Builder: Builder;
  Build: Build;
  Lease: Lease;
}

/** An object as the store returns it. */
export type Stored<K extends Kind> = ObjectByKind[K] & { metadata: StoredMeta };
