import { isStoreError } from "../../error.ts";
import type { Access } from "../access.ts";
import type { DeleteOptions, KubernetesClient, KubernetesObject, Resource, Subresource } from "../client.ts";
import { addressOf, queryOf } from "./address.ts";
import { type Limits, usualLimits } from "./limits.ts";
import { pagesOf } from "./pages.ts";
import { type ApiRequest, request, textOf } from "./request.ts";
import { watchOnce } from "./watchOnce.ts";

/** One verb on one object. */
interface Deed {
  readonly verb: string;
  readonly method: ApiRequest["method"];
  readonly resource: Resource;
  readonly name: string;
  /** Whether the address is the collection's. */
  readonly isNew?: boolean;
  readonly subresource?: Subresource | undefined;
  readonly query?: string;
  readonly type?: string;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}

/** The verbs, in `namespace` or else the one the access names; throws when neither does. */
export function createKubernetesClient(
  access: Access,
  namespace = access.namespace,
  limits: Limits = usualLimits,
): KubernetesClient {
  if (namespace === undefined || namespace === "")
    throw new Error("no namespace is given: name one, or set one in the kubeconfig's context");

  async function act(deed: Deed): Promise<KubernetesObject> {
    const { verb, method, resource, name, isNew = false, subresource, query = "", body, signal } = deed;
    const part = subresource === undefined ? "" : ` (${subresource})`;
    const question = {
      method,
      what: `${verb} ${resource.kind} "${name}"${part}`,
      name,
      deadlineMs: limits.deadlineMs,
      path: `${addressOf(namespace ?? "", resource, isNew ? undefined : name, subresource)}${query}`,
      signal,
      ...(body && { body: { type: deed.type ?? "application/json", text: JSON.stringify(body) } }),
    };
    return await request(access, question, async (answer) => JSON.parse(await textOf(answer)));
  }

  return {
    namespace,

    async get(resource, name, signal) {
      try {
        return await act({ verb: "get", method: "GET", resource, name, signal });
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
      act({
        verb: "create",
        method: "POST",
        resource,
        name: object.metadata.name,
        isNew: subresource === undefined,
        subresource,
        body: object,
      }),

    update: (resource, object, subresource) =>
      act({ verb: "update", method: "PUT", resource, name: object.metadata.name, subresource, body: object }),

    apply: (resource, object, fieldManager, subresource) =>
      act({
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
      act({
        verb: "patch",
        method: "PATCH",
        resource,
        name,
        subresource,
        type: "application/merge-patch+json",
        body: patch,
      }),

    async delete(resource, name, options = {}) {
      await act({ verb: "delete", method: "DELETE", resource, name, body: deleteOptions(options) });
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
