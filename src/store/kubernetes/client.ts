import type { ObjectMeta } from "../../api/objects/metadata.ts";

/** API path of a kind. URLs and RBAC rules use `plural`. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

/**
 * An object of any kind as plain JSON, unknown fields included. Parse it with its schema before reading more than
 * metadata.
 */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Query parameters of a list. */
export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** "0" allows an answer of any age from the server's cache, in one page. Absent requests the current state. */
  readonly resourceVersion?: string;
}

/** A list, or one page of it. `resourceVersion` is the version of the whole list. */
export interface ObjectList {
  readonly resourceVersion: string;
  readonly items: readonly KubernetesObject[];
}

/** Options of one watch request. */
export interface WatchOptions extends ListOptions {
  /** Duration after which the server ends the watch. The client ends it 5 s later if the server does not. */
  readonly timeoutSeconds: number;
  /** Called when the server has accepted the watch. From then until the end of the iterable no event is missed. */
  readonly onOpen?: () => void;
}

/** One event of a watch. A BOOKMARK carries only a newer resourceVersion. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubernetesObject;
}

/** Preconditions and options of a delete. */
export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagation?: "Foreground" | "Background" | "Orphan";
}

/** Subresources that builderpool uses. */
export type Subresource = "status" | "scale" | "eviction" | "token" | "log";

/**
 * The verbs of the API server on plain JSON in one namespace. There is no discovery, and there are no typed models that
 * drop unknown fields. Errors: a refusal is a `StoreError` with a `code`. A missing or broken answer is a StoreError
 * `Unavailable`. An aborted call throws the signal's reason. Every request has a deadline. The client does not retry.
 */
export interface KubernetesClient {
  readonly namespace: string;
  /** Returns the object, or undefined if it does not exist. */
  get(resource: Resource, name: string, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Returns the complete list, read page by page. */
  list(resource: Resource, options?: ListOptions, signal?: AbortSignal): Promise<ObjectList>;
  /**
   * Returns the pages of one consistent list: each has the same `resourceVersion`. Throws `Expired` if reading took too
   * long.
   */
  pages(resource: Resource, options?: ListOptions, signal?: AbortSignal): AsyncIterable<ObjectList>;
  /**
   * Sends one watch request with bookmarks. The iterable ends when the server or the signal ends the watch, and throws
   * a StoreError when the connection breaks. `Expired` requires a new list: the version is too old, or an event was
   * unreadable.
   */
  watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(resource: Resource, object: KubernetesObject, subresource?: Subresource): Promise<KubernetesObject>;
  /** Replaces the object or its subresource; conditional on `metadata.resourceVersion` if given. */
  update(resource: Resource, object: KubernetesObject, subresource?: "status"): Promise<KubernetesObject>;
  /** Server-side apply as `fieldManager`; takes over fields of other managers. */
  apply(
    resource: Resource,
    object: KubernetesObject,
    fieldManager: string,
    subresource?: "status",
  ): Promise<KubernetesObject>;
  /** Sends a JSON merge patch. */
  merge(resource: Resource, name: string, patch: object, subresource?: Subresource): Promise<KubernetesObject>;
  delete(resource: Resource, name: string, options?: DeleteOptions): Promise<void>;
}
