import { isDeepStrictEqual } from "node:util";
import type { Builder, BuilderStatus } from "../../api/objects/builder.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { retryOnConflict } from "../../store/write.ts";
import { createTimedWake } from "../../system/wake.ts";
import type { BuilderWorld } from "../world.ts";

type StatusWorld = Pick<BuilderWorld, "clock" | "log" | "name" | "store" | "onStatus">;

export type StatusChange = { readonly [key in keyof BuilderStatus]?: BuilderStatus[key] | undefined };

/**
 * The builder's own status: kept in memory and written to its Builder object. After the first write, another
 * incarnation on the object means that another process has registered. Then only a renewed Lease allows the next write.
 */
export interface OwnStatus {
  get(): BuilderStatus;
  /**
   * Changes the status. Undefined removes a field. Writes soon, and details later. Changes at the same time share one
   * write.
   */
  setStatus(change: StatusChange): void;
  /** Compares the changed object with the status. Writes again if another writer changed it, for example to Suspect. */
  observe(builder: Builder): void;
  /** Like `observe`, after a renewal of the Lease: also replaces the status of an earlier process. */
  reclaim(builder: Builder): void;
  /** Resolves when all earlier changes are written, or when `signal` aborts. */
  flush(signal: AbortSignal): Promise<void>;
  /** Writes changes until `signal` aborts. Retries failed writes. */
  run(signal: AbortSignal): Promise<void>;
}

/** Least milliseconds between two writes, so that close changes share one write. */
const spacing = 300;
/** Fields that only people read are written at most every 5 s. Every write reaches all watchers of Builders. */
const detailSpacing = 5_000;
const details: readonly string[] = [
  "step",
  "warmup",
  "message",
  "versions",
  "disk",
  "bases",
] satisfies (keyof BuilderStatus)[];
const backoff = { firstMs: 500, maxMs: 15_000 };

export function createOwnStatus(world: StatusWorld, initial: BuilderStatus): OwnStatus {
  const { clock, log, name, store } = world;
  const wake = createTimedWake(clock);
  let current = initial;
  let isWritten = false;
  /** Whether the next write may replace the status of another process. */
  let mayReplace = true;
  let isUrgent = true;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let written = Promise.withResolvers<void>();

  async function write(): Promise<void> {
    const wanted = current;
    isUrgent = false;
    await retryOnConflict(
      store,
      "Builder",
      name,
      (found) => (isForeign(found) ? undefined : revise(found, wanted)),
      "status",
    );
    mayReplace = false;
    writtenAt = clock.monotonic();
    if (current !== wanted) return;
    isWritten = true;
    written.resolve();
  }

  function isForeign({ status }: Builder): boolean {
    return !mayReplace && status !== undefined && status.incarnation !== current.incarnation;
  }

  function observe(builder: Builder): void {
    if (isWritten && !isForeign(builder) && !isDeepStrictEqual(builder.status, current)) change(current, true);
  }

  function change(next: BuilderStatus, isUrgentChange: boolean): void {
    current = next;
    isUrgent ||= isUrgentChange;
    if (isWritten) written = Promise.withResolvers();
    isWritten = false;
    world.onStatus?.(next);
    wake.ring();
  }

  return {
    get: () => current,
    setStatus(changes) {
      const next = merge(current, changes);
      if (!isDeepStrictEqual(next, current)) change(next, !isDetail(current, next));
    },
    observe,
    reclaim(builder) {
      mayReplace ||= isForeign(builder);
      observe(builder);
    },
    async flush(signal) {
      isUrgent = true;
      wake.ring();
      const gaveUp = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => gaveUp.resolve(), { once: true });
      if (!signal.aborted) await Promise.race([written.promise, gaveUp.promise]);
    },
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        const wait = isWritten ? 2 ** 30 : isUrgent ? 0 : writtenAt + detailSpacing - clock.monotonic();
        if (wait > 0) {
          await wake.sleep(wait, signal);
          continue;
        }
        try {
          await write();
          failures = 0;
          await clock.sleep(spacing, signal).catch(() => {});
        } catch (error) {
          isUrgent = true;
          log.warn({ builder: name, error: String(error) }, "cannot write the builder's status; retrying");
          failures += 1;
          await clock.sleep(backoffDelay(backoff, failures), signal).catch(() => {});
        }
      }
    },
  };
}

function isDetail(before: BuilderStatus, after: BuilderStatus): boolean {
  return isDeepStrictEqual(withoutDetails(before), withoutDetails(after));
}

function withoutDetails(status: BuilderStatus): object {
  return Object.fromEntries(Object.entries(status).filter(([field]) => !details.includes(field)));
}

/** Undefined, for no write, when the object already has this status. */
function revise<B extends Builder>(builder: B, status: BuilderStatus): B | undefined {
  return isDeepStrictEqual(builder.status, status) ? undefined : { ...builder, status };
}

function merge(status: BuilderStatus, change: StatusChange): BuilderStatus {
  const entries = Object.entries({ ...status, ...change }).filter(([, value]) => value !== undefined);
  return { phase: status.phase, incarnation: status.incarnation, ...Object.fromEntries(entries) };
}
