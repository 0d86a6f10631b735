import type { ObjectMeta } from "../../api/metadata.ts";

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
  /** "0" lets the server answer from its cache; absent asks for what is now. */
  readonly resourceVersion?: string;
}

export interface ObjectList {
  readonly resourceVersion: string;
  readonly items: readonly KubernetesObject[];
}

export interface WatchOptions extends ListOptions {
  readonly timeoutSeconds: number;
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
 * `StoreError` with a `code`, anything that kept the server from answering a StoreError `Unavailable`. Nothing is retried here.
 */
export interface KubernetesClient {
  readonly namespace: string;
  /** Undefined when there is none. */
  get(resource: Resource, name: string, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Complete, page by page. */
  list(resource: Resource, options?: ListOptions, signal?: AbortSignal): Promise<ObjectList>;
  /** One watch request with bookmarks: ends when the server ends it, throws a StoreError when it breaks. `Expired` asks for a new list. */
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
