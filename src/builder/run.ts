import { assemble } from "./assemble.ts";
import type { Brain } from "./brain.ts";
import type { Ending } from "./drain.ts";
import { layOutForceHashes } from "./forceHashes.ts";
import { showDisk } from "./housekeeping.ts";
import { live } from "./life.ts";
import { removeMarker } from "./marker.ts";
import { layOut, sandboxAt } from "./sandbox.ts";
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
  const sandbox = sandboxAt(world.sandbox);
  await removeMarker(sandbox.state);
  await layOut(sandbox, world.cellUser);
  await layOutForceHashes(sandbox.forceHashes);
  const ended = new AbortController();
  const replaced = new AbortController();
  const brain = assemble(world, sandbox, ended.signal);
  const ending: Ending = { stop, kill: AbortSignal.any([kill, replaced.signal]) };
  const anyEnd = AbortSignal.any([stop, ending.kill]);
  const background: Promise<void>[] = [];
  try {
    if (!(await isRegistered(brain, anyEnd))) return;
    background.push(
      brain.heartbeat.run(ended.signal, {
        beat: brain.changed,
        replaced() {
          world.log.warn({ builder: world.name }, "another process speaks for this builder, so this one ends");
          replaced.abort();
        },
      }),
      brain.status.run(ended.signal),
      brain.outbox.run(ended.signal),
      keepConfig(brain, ended.signal),
    );
    await showDisk(brain);
    await live(brain, ending);
    if (!replaced.signal.aborted) await brain.status.flush(AbortSignal.timeout(farewell));
  } finally {
    world.onReady?.(false);
    ended.abort();
    await Promise.all(background);
  }
}

/** The operator creates the Builder object; until it is there nobody would know what this builder is for. */
async function isRegistered(brain: Brain, end: AbortSignal): Promise<boolean> {
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
