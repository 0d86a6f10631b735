import type { BuilderStatus } from "../../api/objects/builder.ts";
import type { Milliseconds } from "../../api/values/duration.ts";

/** Kubelet waits 10, 20, 40 s between them: enough for a network that was away for a moment. */
const tooMany = 3;
/** Longer than any build: one that ends its builder each time is not forgiven. */
const day: Milliseconds = 24 * 60 * 60_000;

/** How many processes of this pod ended in a row without being told to, before this one; `last` is what the latest of them said. */
export function crashesBefore(last: BuilderStatus | undefined, podUid: string | undefined): number {
  if (last === undefined || podUid === undefined || last.podUid !== podUid || last.phase === "Drained") return 0;
  return (last.crashes ?? 0) + 1;
}

/** Whether a process has lived so long, in milliseconds, that the ends of those before it no longer count: nodes are restarted, too. */
export function isForgiven(alive: Milliseconds): boolean {
  return alive >= day;
}

/** Why nothing may be built here, as a sentence; undefined when something may. */
export function crashLoop({ crashes = 0 }: Pick<BuilderStatus, "crashes">): string | undefined {
  if (crashes < tooMany) return undefined;
  return `Its process ended ${crashes} times in a row without a verdict, so nothing is built here until its pod is replaced; the log of the container "builder" before (--previous) says why`;
}
