import { parseJson } from "../../../system/parseJson.ts";
import { isStoreError, StoreError } from "../../error.ts";
import type { Access } from "../access.ts";
import type { KubernetesObject, Resource, WatchEvent, WatchOptions } from "../client.ts";
import { addressOf, queryOf } from "./address.ts";
import { refusedError, unansweredError } from "./failure.ts";
import type { Limits } from "./limits.ts";
import { linesOf } from "./lines.ts";
import { request } from "./request.ts";

/** Extra time for the server to end a watch after `timeoutSeconds`. */
const graceMs = 5_000;

/** Implements `KubernetesClient.watch`. */
export async function* watchOnce(
  access: Access,
  namespace: string,
  resource: Resource,
  { quietMs }: Pick<Limits, "quietMs">,
  { onOpen, ...options }: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  if (signal.aborted) return;
  const what = `watch ${resource.kind}`;
  const path = `${addressOf(namespace, resource)}${queryOf({ ...options, watch: true, allowWatchBookmarks: true })}`;
  const deadlineMs = options.timeoutSeconds * 1000 + graceMs;
  try {
    const call = { method: "GET", what, path, deadlineMs, quietMs, signal } as const;
    const { chunks } = await request(access, call, async (response) => response);
    onOpen?.();
    for await (const line of linesOf(chunks)) {
      if (signal.aborted) return;
      yield eventOf(line, what);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw isStoreError(error) ? error : unansweredError(what, error);
  }
}

function eventOf(line: string, what: string): WatchEvent {
  const event = parseJson(line) as Line;
  if (isEvent(event)) return event;
  if (isError(event))
    throw refusedError({ what, name: undefined, status: event.object.code ?? 500, body: event.object });
  const begin = JSON.stringify(line.slice(0, 100));
  throw new StoreError(
    "Expired",
    `the API server sent a line that is not an event after a request to ${what}: ${begin}`,
  );
}

type Line = { readonly type?: unknown; readonly object?: Partial<KubernetesObject> } | undefined;

const types: readonly unknown[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"];

function isEvent(event: Line): event is WatchEvent {
  return types.includes(event?.type) && typeof event?.object?.metadata?.resourceVersion === "string";
}

function isError(event: unknown): event is { readonly object: { readonly code?: number } } {
  return typeof event === "object" && event !== null && "type" in event && event.type === "ERROR" && "object" in event;
}
