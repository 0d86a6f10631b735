import type { Stored } from "../../api/objects/kinds.ts";
import { type Holder, isRecheck, isShadow, mustStop } from "../../core/build/state.ts";
import { shouldPreempt, shouldYield } from "../../core/queue/preempt.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { queueViewOf } from "./queueView.ts";

export interface Supervision {
  /** Aborts with a StoppedError when the build must stop. Also aborts when the outer signal does. */
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * Checks at every change whether a claimed build must stop. Reasons: a lost claim or heartbeat, a new commit, a more
 * urgent build. A lost heartbeat has a timer too, because no change may come while a request to the store hangs.
 */
export function supervise(brain: Brain, build: Stored<"Build">, holder: Holder, outer: AbortSignal): Supervision {
  const own = new AbortController();
  const over = new AbortController();
  const { name } = build.metadata;
  let isChecking = false;

  async function check(): Promise<void> {
    if (own.signal.aborted) return;
    if (brain.heartbeat.mustKill()) own.abort(heartbeatLost(holder));
    if (isChecking) return;
    isChecking = true;
    try {
      const why = await stopReasonOf(brain, build, holder);
      if (why !== undefined) own.abort(why);
    } catch (error) {
      brain.world.log.warn(
        { builder: brain.world.name, build: name, error: String(error) },
        "cannot check a claim; the next change checks again",
      );
    } finally {
      isChecking = false;
    }
  }

  async function killInTime(): Promise<void> {
    while (!over.signal.aborted && !brain.heartbeat.mustKill())
      await brain.world.clock.sleep(brain.heartbeat.killIn(), over.signal).catch(() => {});
    if (!over.signal.aborted) own.abort(heartbeatLost(holder));
  }

  const unsubscribe = brain.onChange(() => void check());
  void check();
  void killInTime();
  return {
    signal: AbortSignal.any([own.signal, outer]),
    end() {
      unsubscribe();
      over.abort();
    },
  };
}

async function stopReasonOf(brain: Brain, build: Stored<"Build">, holder: Holder): Promise<StoppedError | undefined> {
  const { name } = build.metadata;
  // The cache may still show the Build before the claim. Only a fresh read proves that the claim is lost.
  if (mustStop(brain.builds.get(name), holder) !== undefined) {
    const why = mustStop(await brain.world.store.get("Build", name), holder);
    if (why !== undefined) return new StoppedError("Superseded", why);
  }
  const pool = brain.pool();
  if (pool === undefined) return undefined;
  const mayPreempt = isRecheck(build) || isShadow(build);
  if (!mayPreempt && !brain.isSilent()) return undefined;
  const view = queueViewOf(brain, pool);
  const preemption = shouldYield(view, build) ?? (mayPreempt ? shouldPreempt(view) : undefined);
  return preemption === undefined ? undefined : new StoppedError("Preempted", preemption);
}

function heartbeatLost({ builder }: Holder): StoppedError {
  const message = `"${builder}" did not reach the store for too long, so another builder may have taken over the build`;
  return new StoppedError("HeartbeatLost", message);
}
