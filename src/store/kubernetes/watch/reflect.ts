import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { backoffDelay, jittered } from "../../../api/values/backoff.ts";
import type { Clock } from "../../../system/clock.ts";
import type { Log } from "../../../system/log.ts";
import { isStoreError, type StoreError } from "../../error.ts";
import { createHealthReporter } from "../../watch/health.ts";
import type { KubernetesClient, KubernetesObject, Resource } from "../client.ts";
import { createDeliveredObjects, type Identified, type Reflected } from "./known.ts";

/** Options of `reflect`. */
export interface ReflectOptions<T extends Identified> {
  readonly labelSelector?: string;
  /** Decodes an object. Undefined means unreadable: readers then keep the object's previous state. */
  readonly read: (object: KubernetesObject) => T | undefined;
  /** Called when the watch becomes healthy or unhealthy. An unhealthy watch may lack existing objects. */
  readonly onHealth?: (isHealthy: boolean) => void;
}

/** Ports of `reflect`. */
export interface ReflectIo {
  readonly clock: Clock;
  readonly log: Log;
  readonly count?: (fact: ReflectFact, kind: string) => void;
}

/** Counted facts: a list, an opened watch, a watch ended by the server, a failure, a version that was too old. */
export type ReflectFact = "Listed" | "Opened" | "Ended" | "Failed" | "Expired";

const backoff = { firstMs: 200, maxMs: 15_000 };
/** A watch that lasted this long was healthy: the next one is opened without a pause. */
const goodMs = 10_000;
/** Objects delivered between two yields to the event loop. */
const objectsPerYield = 50;

/**
 * Delivers all existing objects, then Synced, then every change until the signal aborts, across broken connections.
 * - A watch that ends or breaks continues at its last version. An expired version or an unreadable event requires a new
 *   list, and with it another Synced.
 * - A deletion missed during a gap is delivered with the last known state of the object. A replaced object of the same
 *   name is Deleted first.
 * - Failures are retried without limit, after pauses that double up to 15 s.
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
  const delivered = createDeliveredObjects<T>();
  const health = createHealth(resource, log, onHealth);
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
    const pauseMs = Math.max(jittered(backoffDelay(backoff, failures), clock.random), failure?.retryAfterMs ?? 0);
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
        if (names.size % objectsPerYield === 0) await yieldToEventLoop();
      }
      listed = resourceVersion;
    }
    version = listed;
    count("Listed", kind);
    yield* delivered.sync(names);
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
      if (type === "DELETED") yield* delivered.remove(object.metadata.name, read(object));
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
    return readable === undefined ? [] : delivered.set(readable);
  }
}

/** Reports health changes to the caller. Logs each loss and recovery. */
function createHealth({ kind }: Resource, log: Log, onHealth: ((isHealthy: boolean) => void) | undefined) {
  const reportHealth = createHealthReporter(onHealth);
  /** Cause of the last warning. Repeated failures of the same kind are logged once. */
  let loggedCause: string | undefined;
  return {
    isGood() {
      if (loggedCause !== undefined) log.info({ kind }, "watch is healthy again");
      loggedCause = undefined;
      reportHealth(true);
    },
    isBad(failure: StoreError | undefined, pauseMs: number) {
      const error = failure?.message ?? "the API server ended the watch too soon";
      const cause = failure?.code ?? "Ended";
      if (cause !== loggedCause)
        log.warn({ kind, error, pauseMs: Math.round(pauseMs) }, "watch interrupted, retrying after a pause");
      loggedCause = cause;
      reportHealth(false);
    },
  };
}
