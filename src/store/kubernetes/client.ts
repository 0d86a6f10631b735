import type { ObjectMeta } from "../../api/objects/metadata.ts";

/** Where a kind is served. `plural` names it in addresses and in RBAC. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

/** Any object as plain JSON: what we do not know of it is kept. Whoever reads more than metadata parses it first. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** "0" lets the server answer from its cache, however old that is, and then in one page; absent asks for what is now. */
  readonly resourceVersion?: string;
}

export interface ObjectList {
  readonly resourceVersion: string;
  readonly items: readonly KubernetesObject[];
}

export interface WatchOptions extends ListOptions {
  /** After how long the server ends it; should the server forget, we do 5 s later. */
  readonly timeoutSeconds: number;
  /** Called when the server has accepted the watch: from then on nothing is missed until the iterable ends. */
  readonly onOpen?: () => void;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubernetesObject;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagation?: "Foreground" | "Background" | "Orphan";
}

export type Subresource = "status" | "scale" | "eviction" | "token" | "log";

/**
 * Verbs of the API server on plain JSON in one namespace: no discovery, no typed models that drop what they do not know. A refusal is a
 * `StoreError` with a `code`, anything that kept the server from answering a StoreError `Unavailable`; a call whose signal aborts
 * throws the signal's reason. Every request has a deadline. Nothing is retried here.
 */
export interface KubernetesClient {
  readonly namespace: string;
  /** Undefined when there is none. */
  get(resource: Resource, name: string, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Complete, page by page. */
  list(resource: Resource, options?: ListOptions, signal?: AbortSignal): Promise<ObjectList>;
  /** The pages of one list, all of one moment: `resourceVersion` is the same in each. `Expired` when reading them took too long. */
  pages(resource: Resource, options?: ListOptions, signal?: AbortSignal): AsyncIterable<ObjectList>;
  /**
   * One watch request with bookmarks: ends when the server or the signal ends it, throws a StoreError when it breaks. `Expired` asks for a
   * new list: the version is too old, or a line could not be read, so that what it said is not known.
   */
  watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(resource: Resource, object: KubernetesObject, subresource?: Subresource): Promise<KubernetesObject>;
  /** Replaces the object, or the subresource of it; conditional on `metadata.resourceVersion` when that is given. */
  update(resource: Resource, object: KubernetesObject, subresource?: "status"): Promise<KubernetesObject>;
  /** Server-side apply under `fieldManager`, taking over fields that others manage. */
  apply(
    resource: Resource,
    object: KubernetesObject,
    fieldManager: string,
    subresource?: "status",
  ): Promise<KubernetesObject>;
  /** JSON merge patch. */
  merge(resource: Resource, name: string, patch: object, subresource?: Subresource): Promise<KubernetesObject>;
  delete(resource: Resource, name: string, options?: DeleteOptions): Promise<void>;
}
