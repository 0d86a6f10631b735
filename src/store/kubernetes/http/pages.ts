import { z } from "zod";
import type { Access } from "../access.ts";
import type { KubernetesObject, ListOptions, ObjectList, Resource } from "../client.ts";
import { addressOf, queryOf } from "./address.ts";
import type { Limits } from "./limits.ts";
import { request, textOf } from "./request.ts";

/**
 * Objects of a page: what is parsed in one go, in some 10 ms. With resourceVersion=0 the server would send them all at once, limit or not;
 * pages come from its cache just as well and are no slower.
 */
const pageSize = 250;

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullable(),
});

/** `KubernetesClient.pages`. */
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
    const question = { method: "GET", what: `list ${resource.kind}`, path, deadlineMs, signal } as const;
    const page = await request(access, question, async (answer) => Page.parse(JSON.parse(await textOf(answer))));
    const { resourceVersion, continue: next = "" } = page.metadata;
    yield { resourceVersion, items: (page.items ?? []).map((item) => asObject(resource, item)) };
    if (next === "") return;
    query = queryOf({ ...options, resourceVersion: undefined, limit: pageSize, continue: next });
  }
}

/** Items of the server's own kinds come without apiVersion and kind. */
function asObject({ apiVersion, kind }: Resource, item: unknown): KubernetesObject {
  return Object.assign({ apiVersion, kind }, item as KubernetesObject);
}
