import { poolLabel } from "../../api/objects/group.ts";
import type { Kind } from "../../api/objects/kinds.ts";
import { milliseconds } from "../../api/values/duration.ts";
import type { LogStore } from "../../logs/logStore.ts";
import { isStoreError } from "../../store/error.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

export interface JanitorWorld {
  readonly store: ObjectStore;
  readonly logs: Pick<LogStore, "expire">;
  readonly clock: Clock;
  readonly log: Log;
}

const interval = 3_600_000;

/** Runs every hour until `signal` aborts: deletes orphaned objects, and logs older than any pool's `spec.logs.keep`. */
export async function runJanitor(world: JanitorWorld, signal: AbortSignal): Promise<void> {
  const { clock, log } = world;
  let orphans: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    try {
      orphans = await sweep(world, orphans);
      await expireLogs(world);
    } catch (error) {
      log.warn({ error: String(error) }, "could not delete all orphaned objects and expired logs; retrying in an hour");
    }
    await clock.sleep(interval, signal).catch(() => {});
  }
}

/**
 * Deletes Builders without a pool and heartbeat Leases without a Builder. An object must be an orphan in two runs:
 * lists of several kinds are not one snapshot. A list leaves out unreadable objects, so each missing owner is read once
 * more. Only Leases with a pool label are heartbeats; other Leases stay. Returns the UIDs of all orphans for the next
 * run.
 */
export async function sweep(
  { store, log }: Pick<JanitorWorld, "store" | "log">,
  before: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const pools = names(await store.list("BuilderPool"));
  const builders = await store.list("Builder");
  const alive = names(builders);
  const leases = (await store.list("Lease")).filter(({ metadata }) => metadata.labels?.[poolLabel] !== undefined);
  const orphans = [
    ...builders
      .filter(({ spec }) => !pools.has(spec.pool))
      .map(
        ({ metadata, spec }) =>
          ({ kind: "Builder", metadata, owner: { kind: "BuilderPool", name: spec.pool } }) as const,
      ),
    ...leases
      .filter(({ metadata }) => !alive.has(metadata.name))
      .map(({ metadata }) => ({ kind: "Lease", metadata, owner: { kind: "Builder", name: metadata.name } }) as const),
  ];
  for (const { kind, metadata, owner } of orphans) {
    const { name, uid } = metadata;
    if (!before.has(uid) || !(await isGone(store, owner))) continue;
    await store.delete(kind, name, { uid }).catch((error: unknown) => {
      if (!isStoreError(error, "NotFound") && !isStoreError(error, "Conflict")) throw error;
    });
    log.info({ kind, name, owner: owner.name }, "deleted an orphaned object: its owner is gone");
  }
  return new Set(orphans.map(({ metadata }) => metadata.uid));
}

async function isGone(
  store: Pick<ObjectStore, "get">,
  { kind, name }: { readonly kind: Kind; readonly name: string },
): Promise<boolean> {
  try {
    return (await store.get(kind, name)) === undefined;
  } catch (error) {
    if (isStoreError(error, "Invalid")) return false;
    throw error;
  }
}

/** Pools share the log store, so the longest `spec.logs.keep` counts. Without pools no log is deleted. */
async function expireLogs({ store, logs, log }: JanitorWorld): Promise<void> {
  const keep = (await store.list("BuilderPool")).map(({ spec }) => milliseconds(spec.logs.keep));
  if (keep.length === 0) return;
  const freed = await logs.expire(Math.max(...keep));
  if (freed > 0) log.info({ freed }, "deleted expired logs");
}

function names(objects: readonly { readonly metadata: { readonly name: string } }[]): ReadonlySet<string> {
  return new Set(objects.map(({ metadata }) => metadata.name));
}
