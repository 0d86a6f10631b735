import { createBrain } from "./assemble.ts";
import type { Brain } from "./brain.ts";
import { createFolders, sandboxOf } from "./config/sandbox.ts";
import { crashesBefore } from "./life/crashes.ts";
import type { Ending } from "./life/drain.ts";
import { reportDisk } from "./life/housekeeping.ts";
import { runLife } from "./life/life.ts";
import { removeMarker } from "./life/marker.ts";
import type { HeartbeatListener } from "./report/heartbeat.ts";
import { createForceHashes } from "./work/forceHashes.ts";
import type { BuilderWorld } from "./world.ts";

/** How often files that a person may write are looked at. */
const configTick = 10_000;
const farewell = 5_000;

/**
 * Runs one builder until it is told to end. `stop` drains it: no new claim from that instant, the running build may finish within the
 * pool's drain timeout. `kill` stops its cell at once and releases the claim if the store can be reached. Resolves when it holds nothing
 * and all that it started has ended; rejects only for a bug or a broken disk.
 */
export async function runBuilder(
  world: BuilderWorld,
  stop: AbortSignal,
  kill: AbortSignal = new AbortController().signal,
): Promise<void> {
  const sandbox = sandboxOf(world.sandbox, world.work);
  await removeMarker(sandbox.state);
  await createFolders(sandbox, world.cellUser);
  await createForceHashes(sandbox.forceHashes);
  const ended = new AbortController();
  const cut = new AbortController();
  const brain = createBrain(world, sandbox, ended.signal);
  const ending: Ending = { stop, kill: AbortSignal.any([kill, cut.signal]) };
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
    if (!(await isRegistered(brain, ending))) return;
    const crashes = crashesBefore(brain.self()?.status, world.podUid);
    if (crashes > 0) brain.status.setStatus({ crashes });
    inBackground(brain.heartbeat.run(ended.signal, listener(brain, cut)));
    inBackground(brain.status.run(ended.signal));
    inBackground(brain.outbox.run(ended.signal));
    inBackground(keepConfig(brain, ended.signal));
    await reportDisk(brain);
    await runLife(brain, ending);
    if (!cut.signal.aborted) await brain.status.flush(AbortSignal.timeout(farewell));
  } finally {
    if (brain.status.get().phase === "Ready") world.onReady?.(false);
    ended.abort();
    await Promise.all(background);
  }
  if (failure !== undefined) throw failure.error;
}

/** A heartbeat that got through also puts right what the operator said of a builder it thought lost. */
function listener(brain: Brain, cut: AbortController): HeartbeatListener {
  const { log, name } = brain.world;
  return {
    beat() {
      const self = brain.self();
      if (self !== undefined && brain.heartbeat.mayStart()) brain.status.observe(self);
      brain.changed();
    },
    replaced() {
      log.warn({ builder: name }, "another process speaks for this builder, so this one ends");
      cut.abort();
    },
  };
}

/** The operator creates the Builder object; until it is there nobody would know what this builder is for. */
async function isRegistered(brain: Brain, { stop, kill }: Ending): Promise<boolean> {
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
