import { z } from "zod";
import type { Access } from "../access.ts";
import type { KubernetesObject, ListOptions, ObjectList, Resource } from "../client.ts";
import { addressOf, queryOf } from "./address.ts";
import type { Limits } from "./limits.ts";
import { request, textOf } from "./request.ts";

/**
 * Objects per page. Parsing one page blocks the event loop for about 10 ms. With resourceVersion=0 the server ignores
 * the limit and sends all objects at once. Pages also come from its cache and are not slower.
 */
const pageSize = 250;

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullable(),
});

/** Implements `KubernetesClient.pages`. */
export async function* pagesOf(
  access: Access,
  namespace: string,
  resource: Resource,
  { deadlineMs }: Pick<Limits, "deadlineMs">,
  options: ListOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<ObjectList, void, undefined> {
  let query = queryOf({ ...options, limit: pageSize });
  for (;;) {
    const path = `${addressOf(namespace, resource)}${query}`;
    const call = { method: "GET", what: `list ${resource.kind}`, path, deadlineMs, signal } as const;
    const page = await request(access, call, async (response) => Page.parse(JSON.parse(await textOf(response))));
    const { resourceVersion, continue: next = "" } = page.metadata;
    yield { resourceVersion, items: (page.items ?? []).map((item) => asObject(resource, item)) };
    if (next === "") return;
    query = queryOf({ ...options, resourceVersion: undefined, limit: pageSize, continue: next });
  }
}

/** Adds apiVersion and kind: the server omits them in lists of its built-in kinds. */
function asObject({ apiVersion, kind }: Resource, item: unknown): KubernetesObject {
  return Object.assign({ apiVersion, kind }, item as KubernetesObject);
}
