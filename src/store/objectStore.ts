import type { Kind, ObjectByKind, Stored } from "../api/objects/kinds.ts";

/** Restricts a list or watch. The namespace is fixed per store (`default` on one machine). */
export interface Selector {
  /** An object matches when it carries every label with this exact value. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One item of a watch. */
export type Change<K extends Kind> =
  | { readonly type: "Added" | "Modified" | "Deleted"; readonly object: Stored<K> }
  /** All existing objects have been delivered; later items are new changes. Sent once, and again after each relist. */
  | { readonly type: "Synced"; readonly names: ReadonlySet<string> };

/** Options of `ObjectStore.watch`. */
export interface WatchOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly selector?: Selector;
  /**
   * Called with true at the first success and after each gap, with false when the watch breaks. An unhealthy watch may
   * miss changes: do not treat a missing change as evidence, for example that a builder is lost.
   */
  readonly onHealth?: (isHealthy: boolean) => void;
}

/** Condition of a delete: each given field must equal the field of the stored object, else the call throws Conflict. */
export interface Precondition {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * The bus. Operator, builders and commands exchange objects only through an ObjectStore. Both implementations follow
 * the semantics of the Kubernetes API:
 * - a write with `metadata.resourceVersion` succeeds only against that version.
 * - `status` and the other fields are written by separate calls.
 * - a delete of an object with finalizers only sets `deletionTimestamp`.
 * - dependents are deleted with their last owner.
 * - a write without a difference keeps the resourceVersion.
 *
 * Every expected failure is a `StoreError` with a `code`. Any other error is a bug.
 */
export interface ObjectStore {
  /** Returns the object, or undefined if it does not exist. */
  get<K extends Kind>(kind: K, name: string): Promise<Stored<K> | undefined>;
  /** Returns all objects of the kind that match the selector. */
  list<K extends Kind>(kind: K, selector?: Selector): Promise<readonly Stored<K>[]>;
  /**
   * Delivers all existing objects as Added, then Synced, then every change. Only `signal` ends the iterable: a broken
   * connection is reopened. After a gap the watch delivers the missed changes, deletions included. Several changes of
   * one object may be merged into one.
   */
  watch<K extends Kind>(kind: K, options: WatchOptions): AsyncIterable<Change<K>>;
  /** Creates the object without its `status`. Throws AlreadyExists. */
  create<K extends Kind>(kind: K, object: ObjectByKind[K]): Promise<Stored<K>>;
  /**
   * Creates the object, or merges the given metadata (labels, annotations, owners, finalizers) and spec into the stored
   * object. Unconditional: absent fields keep their stored value. Returns the stored object.
   */
  apply<K extends Kind>(kind: K, object: ObjectByKind[K]): Promise<Stored<K>>;
  /**
   * Replaces everything except status. Throws Conflict if the resourceVersion is stale, NotFound if the object is gone.
   */
  update<K extends Kind>(kind: K, object: Stored<K>): Promise<Stored<K>>;
  /** Replaces only the status, under the same precondition as `update`. */
  updateStatus<K extends Kind>(kind: K, object: Stored<K>): Promise<Stored<K>>;
  /**
   * Deletes the object, or sets `deletionTimestamp` while it has finalizers. Throws NotFound, or Conflict if the
   * precondition fails.
   */
  delete(kind: Kind, name: string, precondition?: Precondition): Promise<void>;
}
