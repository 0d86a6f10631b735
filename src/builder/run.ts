import { createBrain } from "./assemble.ts";
import type { Brain } from "./brain.ts";
import { createFolders, sandboxOf } from "./config/sandbox.ts";
import { crashesBefore } from "./life/crashes.ts";
import type { Shutdown } from "./life/drain.ts";
import { reportDisk } from "./life/housekeeping.ts";
import { runLife } from "./life/life.ts";
import { removeMarker } from "./life/marker.ts";
import type { HeartbeatListener } from "./report/heartbeat.ts";
import { createForceHashes } from "./work/forceHashes.ts";
import type { BuilderWorld } from "./world.ts";

/** Milliseconds between two reads of the files that a person may edit. */
const configTick = 10_000;
/** Milliseconds for the last status write. */
const lastWriteLimit = 5_000;

/**
 * Runs one builder until it is stopped. `stop` drains the builder: it takes no new claim, and the running build may
 * finish within the pool's drain timeout. `kill` stops the cell at once and releases the claim if the store answers.
 * Resolves when the builder holds no claim and everything it started has ended. Rejects only for a bug or a broken
 * disk.
 */
export async function runBuilder(
  world: BuilderWorld,
  stop: AbortSignal,
  kill: AbortSignal = new AbortController().signal,
): Promise<void> {
  const sandbox = sandboxOf(world.sandbox);
  await removeMarker(sandbox.state);
  await createFolders(sandbox, world.owners ?? {});
  await createForceHashes(sandbox.forceHashes);
  const ended = new AbortController();
  const cut = new AbortController();
  const brain = createBrain(world, sandbox, ended.signal);
  const replaced = new AbortController();
  const shutdown: Shutdown = { stop, kill: AbortSignal.any([kill, cut.signal, replaced.signal]) };
  const background: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const inBackground = (work: Promise<void>) => {
    background.push(
      work.catch((error: unknown) => {
        failure ??= { error };
        cut.abort();
      }),
    );
  };
  try {
    if (!(await isRegistered(brain, shutdown))) return;
    const crashes = crashesBefore(brain.self()?.status, world.podUid);
    if (crashes > 0) brain.status.setStatus({ crashes });
    inBackground(brain.heartbeat.run(ended.signal, listener(brain, replaced)));
    inBackground(brain.status.run(AbortSignal.any([ended.signal, replaced.signal])));
    inBackground(brain.outbox.run(ended.signal));
    inBackground(keepConfig(brain, ended.signal));
    await brain.areas.leave(); // An earlier process may have died during an order.
    await reportDisk(brain);
    await runLife(brain, shutdown);
    if (!cut.signal.aborted && !replaced.signal.aborted) await brain.status.flush(AbortSignal.timeout(lastWriteLimit));
  } finally {
    if (brain.status.get().phase === "Ready") world.onReady?.(false);
    ended.abort();
    await Promise.all(background);
  }
  if (failure !== undefined) throw failure.error;
}

/** A successful heartbeat also rewrites a status that the operator had set to Suspect or Lost. */
function listener(brain: Brain, replaced: AbortController): HeartbeatListener {
  const { log, name } = brain.world;
  return {
    beat(error) {
      brain.world.onHeartbeat?.(brain.heartbeat.mayStart(), error);
      brain.notify();
    },
    renewed() {
      const self = brain.self();
      if (self !== undefined) brain.status.reclaim(self);
    },
    replaced() {
      log.warn({ builder: name }, "another process holds this builder's Lease; this process stops its work and exits");
      replaced.abort();
    },
  };
}

/** Waits until the operator has created the Builder object. Returns false when the builder is stopped first. */
async function isRegistered(brain: Brain, { stop, kill }: Shutdown): Promise<boolean> {
  const end = AbortSignal.any([stop, kill]);
  const ended = new Promise<void>((resolve) => end.addEventListener("abort", () => resolve(), { once: true }));
  if (!end.aborted) await Promise.race([brain.synced, ended]);
  while (!end.aborted && brain.self() === undefined) await brain.wake.sleep(configTick, end);
  return !end.aborted;
}

async function keepConfig(brain: Brain, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await brain.refresh();
    await brain.world.clock.sleep(configTick, signal).catch(() => {});
  }
}
