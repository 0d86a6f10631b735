import { isStoreError } from "../../error.ts";
import type { Access } from "../access.ts";
import type { DeleteOptions, KubernetesClient, KubernetesObject, Resource, Subresource } from "../client.ts";
import { addressOf, queryOf } from "./address.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { pagesOf } from "./pages.ts";
import { type ApiRequest, request, textOf } from "./request.ts";
import { watchOnce } from "./watchOnce.ts";

/** One verb on one object. */
interface Operation {
  readonly verb: string;
  readonly method: ApiRequest["method"];
  readonly resource: Resource;
  readonly name: string;
  /** Sends the request to the collection instead of the object. */
  readonly isNew?: boolean;
  readonly subresource?: Subresource | undefined;
  readonly query?: string;
  readonly type?: string;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Creates a client for `namespace`, by default the namespace of `access`. Throws an Error for people if both are
 * missing.
 */
export function createKubernetesClient(
  access: Access,
  namespace = access.namespace,
  limits: Limits = defaultLimits,
): KubernetesClient {
  if (namespace === undefined || namespace === "")
    throw new Error("the namespace is missing: give one, or set one in the context of the kubeconfig");

  async function perform(operation: Operation): Promise<KubernetesObject> {
    const { verb, method, resource, name, isNew = false, subresource, query = "", body, signal } = operation;
    const part = subresource === undefined ? "" : ` (${subresource})`;
    const call = {
      method,
      what: `${verb} ${resource.kind} "${name}"${part}`,
      name,
      deadlineMs: limits.deadlineMs,
      path: `${addressOf(namespace ?? "", resource, isNew ? undefined : name, subresource)}${query}`,
      signal,
      ...(body && { body: { type: operation.type ?? "application/json", text: JSON.stringify(body) } }),
    };
    return await request(access, call, async (response) => JSON.parse(await textOf(response)));
  }

  return {
    namespace,

    async get(resource, name, signal) {
      try {
        return await perform({ verb: "get", method: "GET", resource, name, signal });
      } catch (error) {
        if (isStoreError(error, "NotFound")) return undefined;
        throw error;
      }
    },

    async list(resource, options, signal) {
      const items: KubernetesObject[] = [];
      let resourceVersion = "";
      for await (const page of pagesOf(access, namespace, resource, limits, options, signal)) {
        for (const item of page.items) items.push(item);
        resourceVersion = page.resourceVersion;
      }
      return { resourceVersion, items };
    },

    pages: (resource, options, signal) => pagesOf(access, namespace, resource, limits, options, signal),

    watch: (resource, options, signal) => watchOnce(access, namespace, resource, limits, options, signal),

    create: (resource, object, subresource) =>
      perform({
        verb: "create",
        method: "POST",
        resource,
        name: object.metadata.name,
        isNew: subresource === undefined,
        subresource,
        body: object,
      }),

    update: (resource, object, subresource) =>
      perform({ verb: "update", method: "PUT", resource, name: object.metadata.name, subresource, body: object }),

    apply: (resource, object, fieldManager, subresource) =>
      perform({
        verb: "apply",
        method: "PATCH",
        resource,
        name: object.metadata.name,
        subresource,
        query: queryOf({ fieldManager, force: true }),
        type: "application/apply-patch+yaml", // JSON is YAML
        body: object,
      }),

    merge: (resource, name, patch, subresource) =>
      perform({
        verb: "patch",
        method: "PATCH",
        resource,
        name,
        subresource,
        type: "application/merge-patch+json",
        body: patch,
      }),

    async delete(resource, name, options = {}) {
      await perform({ verb: "delete", method: "DELETE", resource, name, body: deleteOptions(options) });
    },
  };
}

function deleteOptions({ uid, resourceVersion, gracePeriodSeconds, propagation }: DeleteOptions): object {
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid, resourceVersion },
    gracePeriodSeconds,
    propagationPolicy: propagation,
  };
}
