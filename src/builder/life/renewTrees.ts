import { messageOf } from "../../system/messageOf.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { type StaleTrees, throwTreesAway } from "../work/trees.ts";
import { runWithDrain, type Shutdown } from "./drain.ts";
import { enterPhase } from "./phase.ts";

/** After this many refuted streaks the builder itself is at fault, not its trees. */
const quarantineAfter = 2;
const pause = 5 * 60_000;
/** A deletion is tried this often before the builder is quarantined. */
const tries = 3;
const betweenTries = 10_000;

/**
 * Throws the trees of the builder away, so that it warms up again. Returns whether the builder is still warm: only if a
 * drain stopped the deletion, or if a tree cannot be deleted. The second refuted streak quarantines the builder until
 * it is restarted, or for five minutes. So do three failed deletions.
 */
export async function renewTrees(brain: Brain, shutdown: Shutdown, stale: StaleTrees): Promise<boolean> {
  const { clock } = brain.world;
  try {
    return await runWithDrain(
      brain,
      shutdown,
      () => 0,
      async (signal) => {
        const end = await tryToDelete(brain, stale, signal);
        if (end.quarantine === undefined) return end.isWarm;
        enterPhase(brain, "Quarantined", end.quarantine);
        await clock.sleep(pause, signal);
        return end.isWarm;
      },
    );
  } catch (error) {
    if (error instanceof StoppedError) return true;
    throw error;
  }
}

/** The end of a deletion. `quarantine` is the reason to build nothing for some minutes, one sentence. */
interface Deletion {
  readonly isWarm: boolean;
  readonly quarantine?: string;
}

async function tryToDelete(brain: Brain, stale: StaleTrees, signal: AbortSignal): Promise<Deletion> {
  const { clock, log, name } = brain.world;
  const { message, isRefuted } = stale;
  for (let attempt = 1; ; attempt += 1) {
    const pool = brain.pool();
    if (pool === undefined) return { isWarm: true };
    const again = attempt === 1 ? "" : ` (try ${attempt} of ${tries})`;
    enterPhase(brain, "Warming", `${message}; it throws its trees away and warms up${again}`);
    try {
      const { refuted } = await throwTreesAway(brain, pool, stale, signal);
      log.warn({ builder: name, message }, "trees thrown away");
      if (!isRefuted || refuted < quarantineAfter) return { isWarm: false };
      const look = `${message}, for the ${refuted}. time; look at this machine, and restart the builder`;
      return { isWarm: false, quarantine: look };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ builder: name, error: String(error) }, "trees could not be thrown away");
      if (attempt === tries) return { isWarm: true, quarantine: undeletable(message, messageOf(error)) };
      await clock.sleep(betweenTries, signal);
    }
  }
}

function undeletable(message: string, error: string): string {
  return (
    `${message}, but its trees cannot be deleted after ${tries} tries: ${error}; ` +
    "delete them on this machine, or give the builder another volume. It tries again in 5 min"
  );
}
