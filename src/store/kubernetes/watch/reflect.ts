import { setImmediate as breathe } from "node:timers/promises";
import { backoffDelay } from "../../../system/backoff.ts";
import type { Clock } from "../../../system/clock.ts";
import type { Log } from "../../../system/log.ts";
import { isStoreError, type StoreError } from "../../error.ts";
import { healthChanges } from "../../watch/health.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "../client.ts";
import { createKnown, type Identified, type Reflected } from "./known.ts";

export interface ReflectOptions<T extends Identified> {
  readonly labelSelector?: string;
  /** The object as readers get it; undefined for one that cannot be read, which is then as if it had not changed. */
  readonly read: (object: KubernetesObject) => T | undefined;
  /** Told when the watch begins to be healthy and when it ceases to: while it is not, what is missing here may be there. */
  readonly onHealth?: (isHealthy: boolean) => void;
}

export interface ReflectIo {
  readonly clock: Clock;
  readonly log: Log;
  readonly count?: (fact: ReflectFact, kind: string) => void;
}

/** What is counted: each list, each watch that was opened, each end of one by the server, each failure, each version that was too old. */
export type ReflectFact = "Listed" | "Opened" | "Ended" | "Failed" | "Expired";

const backoff = { firstMs: 200, maxMs: 15_000 };
/** A watch that lived so long was a good one: the next is opened at once. */
const goodMs = 10_000;
/** Objects delivered in one go before other work of the process gets its turn. */
const slice = 50;

/**
 * Everything that exists, then Synced, then every change until the signal aborts, whatever happens to the connection. A watch that ends or
 * breaks goes on at the version it had reached; only a version that the server no longer knows, or a line that cannot be read, costs a new
 * list, and with it another Synced. Deletions that nobody saw are delivered with the object as it was last seen, and an object that was
 * replaced by another of its name is Deleted first. Failures are tried again for ever, after pauses that double to 15 s.
 */
export async function* reflect<T extends Identified>(
  client: Pick<KubernetesClient, "pages" | "watch">,
  resource: Resource,
  { labelSelector, read, onHealth }: ReflectOptions<T>,
  { clock, log, count = () => {} }: ReflectIo,
  signal: AbortSignal,
): AsyncGenerator<Reflected<T>, void, undefined> {
  const { kind } = resource;
  const selector = labelSelector === undefined ? {} : { labelSelector };
  const known = createKnown<T>();
  const health = healthOf(resource, log, onHealth);
  let version: string | undefined;
  let openedAt: number | undefined;
  let failures = 0;

  while (!signal.aborted) {
    openedAt = undefined;
    let failure: StoreError | undefined;
    try {
      if (version === undefined) yield* list();
      yield* watch();
      if (signal.aborted) return;
      count("Ended", kind);
    } catch (error) {
      if (signal.aborted) return;
      if (!isStoreError(error)) throw error;
      failure = error;
      if (error.code === "Expired") version = undefined;
      count(error.code === "Expired" ? "Expired" : "Failed", kind);
    }
    failures = openedAt !== undefined && clock.monotonic() - openedAt >= goodMs ? 0 : failures + 1;
    const pauseMs = Math.max(backoffDelay(backoff, failures, clock.random), failure?.retryAfterMs ?? 0);
    if (failure !== undefined || failures > 0) health.isBad(failure, pauseMs);
    if (failures > 0) await clock.sleep(pauseMs, signal).catch(() => {});
  }

  async function* list(): AsyncGenerator<Reflected<T>, void, undefined> {
    const names = new Set<string>();
    let listed: string | undefined;
    for await (const { items, resourceVersion } of client.pages(resource, selector, signal)) {
      for (const item of items) {
        names.add(item.metadata.name);
        yield* exists(item);
        if (names.size % slice === 0) await breathe();
      }
      listed = resourceVersion;
    }
    version = listed;
    count("Listed", kind);
    yield* known.areAll(names);
  }

  async function* watch(): AsyncGenerator<Reflected<T>, void, undefined> {
    const timeoutSeconds = 300 + Math.floor(clock.random() * 301);
    const from = version === undefined ? {} : { resourceVersion: version };
    for await (const { type, object } of client.watch(
      resource,
      { ...selector, ...from, timeoutSeconds, onOpen },
      signal,
    )) {
      version = object.metadata.resourceVersion;
      if (type === "DELETED") yield* known.isGone(object.metadata.name, read(object));
      else if (type !== "BOOKMARK") yield* exists(object);
    }
  }

  function onOpen(): void {
    openedAt = clock.monotonic();
    count("Opened", kind);
    health.isGood();
  }

  function exists(object: KubernetesObject): Reflected<T>[] {
    const readable = read(object);
    return readable === undefined ? [] : known.exists(readable);
  }
}

/** Tells changes of health to who asked, and people when it goes and when it is back. */
function healthOf({ kind }: Resource, log: Log, onHealth: ((isHealthy: boolean) => void) | undefined) {
  const tell = healthChanges(onHealth);
  let saidOf: string | undefined;
  return {
    isGood() {
      if (saidOf !== undefined) log.info({ kind }, "the watch is healthy again");
      saidOf = undefined;
      tell(true);
    },
    isBad(failure: StoreError | undefined, pauseMs: number) {
      const error = failure?.message ?? "the API server ended it too soon";
      const about = failure?.code ?? "Ended";
      if (about !== saidOf)
        log.warn({ kind, error, pauseMs: Math.round(pauseMs) }, "a watch was interrupted, trying again");
      saidOf = about;
      tell(false);
    },
  };
}
