import type { BuilderStatus } from "../../api/objects/builder.ts";
import type { Milliseconds } from "../../api/values/duration.ts";

/**
 * Crashes in a row that stop a builder. The kubelet waits 10, 20 and 40 s between restarts, enough for a short network
 * outage.
 */
const tooMany = 3;
/** Longer than any build, so a build that crashes its builder every time cannot reset the count. */
const day: Milliseconds = 24 * 60 * 60_000;

/**
 * Number of crashes in a row of earlier processes in this pod. `last` is the status that the previous process wrote.
 */
export function crashesBefore(last: BuilderStatus | undefined, podUid: string | undefined): number {
  if (last === undefined || podUid === undefined || last.podUid !== podUid || last.phase === "Drained") return 0;
  return (last.crashes ?? 0) + 1;
}

/**
 * Whether the process has run long enough, in milliseconds, to forget earlier crashes. A node restart also counts as a
 * crash.
 */
export function isForgiven(alive: Milliseconds): boolean {
  return alive >= day;
}

/**
 * The reason why this builder must not build, one sentence. Undefined when the builder may build. A host has a log of
 * its agent instead of a container.
 */
export function crashLoopMessageOf(
  { crashes = 0 }: Pick<BuilderStatus, "crashes">,
  isHost = false,
): string | undefined {
  if (crashes < tooMany) return undefined;
  const [end, log] = isHost
    ? ["the operator restarts it", "the log of its agent, in /var/log/builderpool,"]
    : ["its pod is replaced", 'the log of the container "builder" before (--previous)'];
  return `Its process ended ${crashes} times in a row without a verdict, so nothing is built here until ${end}; ${log} says why`;
}
