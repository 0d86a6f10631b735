import { Build, firstStatus } from "./build.ts";
import { Builder } from "./builder.ts";
import { Lease } from "./lease.ts";
import type { StoredMeta } from "./metadata.ts";
import { BuilderPool } from "./pool.ts";

/** Schemas of the object kinds that an object store holds. */
export const kinds = { BuilderPool, Builder, Build, Lease } as const;
/** Kind of a stored object. */
export type Kind = keyof typeof kinds;

/** Status of an object without a written status, as the API server reads it from the definition of the kind. */
export const firstStatuses: { readonly [K in Kind]?: ObjectByKind[K]["status" & keyof ObjectByKind[K]] } = {
  Build: firstStatus,
};

/** Type of the objects of each kind. */
export interface ObjectByKind {
  BuilderPool: BuilderPool;
  Builder: Builder;
  Build: Build;
  Lease: Lease;
}

/** An object as the store returns it, with complete metadata. */
export type Stored<K extends Kind> = ObjectByKind[K] & { metadata: StoredMeta };
