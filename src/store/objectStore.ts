import type { Kind, ObjectByKind, Stored } from "../api/objects/kinds.ts";

/** Name of an object; the namespace is the store's own (`default` on one machine). */
export interface Selector {
  /** Labels that must all be equal. */
  readonly labels?: Readonly<Record<string, string>>;
}

export type Change<K extends Kind> =
  | { readonly type: "Added" | "Modified" | "Deleted"; readonly object: Stored<K> }
  /** Everything that exists has been delivered; what follows is news. Sent once, and again after a relist. */
  | { readonly type: "Synced"; readonly names: ReadonlySet<string> };

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly selector?: Selector;
  /**
   * Told when the watch begins to be healthy, at its first success or after a gap, and when it ceases to be. While it is not, news may be
   * missing: what the watch has not shown says nothing, and nobody may be called lost for it.
   */
  readonly onHealth?: (isHealthy: boolean) => void;
}

export interface Precondition {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * The bus: the only way operator, builders and people's commands meet. Semantics are Kubernetes': every write that carries
 * `metadata.resourceVersion` is conditional on it, `status` and the rest are written apart, an object with finalizers is only
 * marked as deleted, dependents go with their owner, and a write that changes nothing changes no resourceVersion.
 * Errors are `StoreError` with a `code`; anything else is a bug.
 */
export interface ObjectStore {
  /** The object, or undefined when there is none. */
  get<K extends Kind>(kind: K, name: string): Promise<Stored<K> | undefined>;
  list<K extends Kind>(kind: K, selector?: Selector): Promise<readonly Stored<K>[]>;
  /**
   * Everything that exists, as Added, then Synced, then every change until `signal` aborts (the iterable then ends). Never ends by
   * itself: it reconnects, and after a gap re-delivers what changed, Deleted included. Several changes of one object may be merged.
   */
  watch<K extends Kind>(kind: K, options: WatchOptions): AsyncIterable<Change<K>>;
  /** Fails with AlreadyExists. A `status` given here is ignored. */
  create<K extends Kind>(kind: K, object: ObjectByKind[K]): Promise<Stored<K>>;
  /**
   * Creates the object or merges the given metadata (labels, annotations, owners, finalizers) and spec into it, unconditionally;
   * fields that are not given stay. Returns the object as it is then.
   */
  apply<K extends Kind>(kind: K, object: ObjectByKind[K]): Promise<Stored<K>>;
  /** Replaces all but status; fails with Conflict when the resourceVersion is not the current one, with NotFound when it is gone. */
  update<K extends Kind>(kind: K, object: Stored<K>): Promise<Stored<K>>;
  /** Replaces status and nothing else, under the same precondition. */
  updateStatus<K extends Kind>(kind: K, object: Stored<K>): Promise<Stored<K>>;
  /** Deletes, or marks as deleted while finalizers remain. NotFound when there is none; Conflict when the precondition fails. */
  delete(kind: Kind, name: string, precondition?: Precondition): Promise<void>;
}
