import type { Stored } from "../../api/objects/kinds.ts";
import { type Holder, isRecheck, mustStop } from "../../core/build/state.ts";
import { shouldPreempt } from "../../core/queue/preempt.ts";
import { type Brain, Stopped } from "../brain.ts";
import { queueViewOf } from "./queueView.ts";

export interface Supervision {
  /** Aborts, with Stopped as its reason, when the build must not go on; and when the given signal does. */
  readonly signal: AbortSignal;
  end(): void;
}

/** Watches over a claimed build: its commit, its claim, its pull request, the heartbeat of the builder, and who else waits. */
export function supervise(brain: Brain, build: Stored<"Build">, holder: Holder, outer: AbortSignal): Supervision {
  const own = new AbortController();
  const { name } = build.metadata;
  let isLooking = false;

  async function look(): Promise<void> {
    if (own.signal.aborted) return;
    if (brain.heartbeat.mustKill()) own.abort(outOfTouch(holder));
    if (isLooking) return;
    isLooking = true;
    try {
      const why = await whyStop(brain, build, holder);
      if (why !== undefined) own.abort(why);
    } catch (error) {
      brain.world.log.warn({ builder: brain.world.name, build: name, error: String(error) }, "a claim was not checked");
    } finally {
      isLooking = false;
    }
  }

  const forget = brain.onChange(() => void look());
  void look();
  return { signal: AbortSignal.any([own.signal, outer]), end: forget };
}

async function whyStop(brain: Brain, build: Stored<"Build">, holder: Holder): Promise<Stopped | undefined> {
  const { name } = build.metadata;
  // The watch may still show the Build as it was before the claim: only a fresh read says that it was lost.
  if (mustStop(brain.builds.get(name), holder) !== undefined) {
    const why = mustStop(await brain.world.store.get("Build", name), holder);
    if (why !== undefined) return new Stopped("Superseded", why);
  }
  const pool = brain.pool();
  if (!isRecheck(build) || pool === undefined) return undefined;
  const wayFor = shouldPreempt(queueViewOf(brain, pool));
  return wayFor === undefined ? undefined : new Stopped("Preempted", wayFor);
}

function outOfTouch({ builder }: Holder): Stopped {
  const message = `"${builder}" did not reach the store for so long that the build may be somebody else's`;
  return new Stopped("HeartbeatLost", message);
}
