import { formatDuration, milliseconds } from "../../api/values/duration.ts";
import { type Brain, Stopped } from "../brain.ts";
import { enterPhase } from "./phase.ts";

/** How a builder is told to end: after the running build, or at once. */
export interface Ending {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/** Whether the builder must take no new work: it is told to end, to drain, or its object is gone or going. */
export function wantsDrain(brain: Brain, { stop, kill }: Ending): boolean {
  const self = brain.self();
  return (
    stop.aborted ||
    kill.aborted ||
    self === undefined ||
    self.metadata.deletionTimestamp !== undefined ||
    self.spec.desired === "Drain"
  );
}

/**
 * Runs `work` with a signal that aborts, with Stopped as its reason, at once when the builder is killed, and once it has been asked to
 * drain for `grace()` milliseconds. A drain that is called off meanwhile is forgotten.
 */
export async function whileServing<T>(
  brain: Brain,
  ending: Ending,
  grace: () => number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, name } = brain.world;
  const own = new AbortController();
  let timer: AbortController | undefined;

  function startTimer(ms: number): void {
    timer = new AbortController();
    const message = `"${name}" was drained and the build did not end within ${formatDuration(ms)}`;
    clock.sleep(ms, timer.signal).then(
      () => own.abort(new Stopped("Drained", message)),
      () => {},
    );
  }
  function look(): void {
    const isKilled = ending.kill.aborted;
    const wants = wantsDrain(brain, ending);
    if (isKilled) own.abort(new Stopped("Drained", `"${name}" was stopped at once`));
    else if (wants && grace() === 0) own.abort(new Stopped("Drained", `"${name}" is drained`));
    else if (wants && timer === undefined) {
      enterPhase(brain, "Draining", brain.self()?.spec.drainReason);
      startTimer(grace());
    } else if (!wants && timer !== undefined) {
      timer.abort();
      timer = undefined;
      enterPhase(brain, "Ready");
    }
  }

  const forget = brain.onChange(look);
  for (const signal of [ending.stop, ending.kill]) signal.addEventListener("abort", look);
  look();
  try {
    return await work(own.signal);
  } catch (error) {
    own.signal.throwIfAborted();
    throw error;
  } finally {
    forget();
    timer?.abort();
    for (const signal of [ending.stop, ending.kill]) signal.removeEventListener("abort", look);
  }
}

/** How long a running build may go on in a draining builder. */
export function drainTimeout(brain: Brain): number {
  const pool = brain.pool();
  return pool === undefined ? 0 : milliseconds(pool.spec.update.drainTimeout);
}
