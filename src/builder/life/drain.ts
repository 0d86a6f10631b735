import { formatDuration, milliseconds } from "../../api/values/duration.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { enterPhase } from "./phase.ts";

/** Signals that end a builder: `stop` after the running build, `kill` at once. */
export interface Shutdown {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/** Whether the builder must take no new work: it is stopped, it must drain, or its object is deleted. */
export function wantsDrain(brain: Brain, { stop, kill }: Shutdown): boolean {
  const self = brain.self();
  return (
    stop.aborted ||
    kill.aborted ||
    self === undefined ||
    self.metadata.deletionTimestamp !== undefined ||
    self.spec.desired === "Drain" ||
    mustEnd(brain)
  );
}

/** Whether this process of an outside host must drain and end. The service manager of the host starts the next one. */
export function mustEnd(brain: Brain): boolean {
  return brain.self()?.spec.end === brain.world.incarnation;
}

/**
 * Runs `work` with a signal that aborts with a StoppedError. A kill aborts at once. A drain aborts after `grace()`
 * milliseconds, unless it is canceled before.
 */
export async function runWithDrain<T>(
  brain: Brain,
  shutdown: Shutdown,
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
      () => own.abort(new StoppedError("Drained", message)),
      () => {},
    );
  }
  function update(): void {
    const isKilled = shutdown.kill.aborted;
    const wants = wantsDrain(brain, shutdown);
    if (isKilled) own.abort(new StoppedError("Drained", `"${name}" was stopped at once`));
    else if (wants && grace() === 0) own.abort(new StoppedError("Drained", `"${name}" is drained`));
    else if (wants && timer === undefined) {
      enterPhase(brain, "Draining", brain.self()?.spec.drainReason);
      startTimer(grace());
    } else if (!wants && timer !== undefined) {
      timer.abort();
      timer = undefined;
      enterPhase(brain, "Ready");
    }
  }

  const unsubscribe = brain.onChange(update);
  for (const signal of [shutdown.stop, shutdown.kill]) signal.addEventListener("abort", update);
  update();
  try {
    return await work(own.signal);
  } catch (error) {
    own.signal.throwIfAborted();
    throw error;
  } finally {
    unsubscribe();
    timer?.abort();
    for (const signal of [shutdown.stop, shutdown.kill]) signal.removeEventListener("abort", update);
  }
}

/** Milliseconds that a running build may continue in a draining builder. */
export function drainTimeout(brain: Brain): number {
  const pool = brain.pool();
  return pool === undefined ? 0 : milliseconds(pool.spec.update.drainTimeout);
}
