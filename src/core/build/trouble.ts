import type { Build, Trouble } from "../../api/objects/build.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Milliseconds } from "../../api/values/duration.ts";

const firstPause: Milliseconds = 60_000;
const longestPause: Milliseconds = 30 * 60_000;

/** Nothing went wrong: the build was put back on purpose, and is neither counted nor made to wait. */
const onPurpose: ReadonlySet<InfrastructureReason> = new Set(["Drained", "Superseded", "Preempted"]);
/** The builder failed, not the build: it is counted, and started elsewhere at once. */
const retriedAtOnce: ReadonlySet<InfrastructureReason> = new Set([...onPurpose, "BuilderLost", "HeartbeatLost"]);

interface Failure extends Pick<Trouble, "reason" | "message" | "builder"> {
  readonly now: Milliseconds;
  /** The builder died while it ran the build, which may be why: one that writes until its pod is evicted would take one after the other. */
  readonly fatal?: boolean;
}

/**
 * What is remembered of an attempt that ended without a verdict. The pause before the next one begins at a minute and
 * doubles with each failure of the same request, up to half an hour.
 */
export function troubleAfter(build: Build, { reason, message, builder, now, fatal = false }: Failure): Trouble {
  const before = currentTrouble(build)?.count ?? 0;
  const count = before + (onPurpose.has(reason) ? 0 : 1);
  const pause = Math.min(firstPause * 2 ** (count - 1), longestPause);
  return {
    reason,
    message: message.slice(0, 1024).toWellFormed(),
    builder,
    count,
    request: build.status?.claim?.request ?? build.spec.request,
    at: new Date(now).toISOString(),
    ...(retriedAtOnce.has(reason) && !(fatal && count > 1) ? {} : { notBefore: new Date(now + pause).toISOString() }),
  };
}

/** The trouble of the request that is wanted now, undefined when it had none. */
export function currentTrouble({ spec, status }: Build): Trouble | undefined {
  const trouble = status?.trouble;
  return trouble !== undefined && (trouble.request ?? spec.request) === spec.request ? trouble : undefined;
}

/**
 * How long a build still pauses after an infrastructure failure. The end was written by the clock of the host where it failed,
 * so one further ahead than the longest pause comes from a wrong clock and does not count.
 */
export function pauseLeft(build: Build, now: Milliseconds): Milliseconds {
  const notBefore = currentTrouble(build)?.notBefore;
  if (notBefore === undefined) return 0;
  const left = Date.parse(notBefore) - now;
  return left > 0 && left <= longestPause ? left : 0;
}
