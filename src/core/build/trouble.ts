import type { Build, Trouble } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import type { Milliseconds } from "../../api/values/duration.ts";
import { brokenBuildersAfter, type FailedAttempt } from "./retry.ts";

const backoff = { firstMs: 60_000, maxMs: 30 * 60_000 };

/** Reasons of attempts that were ended on purpose. They are no failures, and the next attempt follows at once. */
export const onPurpose: ReadonlySet<InfrastructureReason> = new Set(["Drained", "Superseded", "Preempted"]);
/** The builder failed, not the build. The failure counts, and another builder may start at once. */
const retriedAtOnce: ReadonlySet<InfrastructureReason> = new Set([...onPurpose, "BuilderLost", "HeartbeatLost"]);

interface Failure extends FailedAttempt, Pick<Trouble, "message"> {
  /**
   * The builder died while it ran the build, and the build may be the cause. Example: a build fills the disk until the
   * pod is evicted. Without a pause, such a build would take down one builder after the other.
   */
  readonly fatal?: boolean;
}

/**
 * The record of an attempt that ended without a verdict. The pause before the next attempt starts at one minute. The
 * pause doubles with each failure of the same request, up to 30 minutes.
 */
export function troubleAfter(build: Build, failure: Failure, builders: readonly Builder[]): Trouble {
  const { reason, message, builder, now, fatal = false } = failure;
  const before = currentTrouble(build)?.count ?? 0;
  const count = before + (onPurpose.has(reason) ? 0 : 1);
  const pause = backoffDelay(backoff, count);
  const brokenBuilders = brokenBuildersAfter(build, failure, builders);
  return {
    reason,
    message: message.slice(0, 1024).toWellFormed(),
    builder,
    count,
    request: build.status?.claim?.request ?? build.spec.request,
    at: new Date(now).toISOString(),
    ...(retriedAtOnce.has(reason) && !(fatal && count > 1) ? {} : { notBefore: new Date(now + pause).toISOString() }),
    ...(brokenBuilders.length === 0 ? {} : { brokenBuilders: [...brokenBuilders] }),
  };
}

/** The trouble of the current request; undefined if this request had no failed attempt. */
export function currentTrouble({ spec, status }: Build): Trouble | undefined {
  const trouble = status?.trouble;
  return trouble !== undefined && (trouble.request ?? spec.request) === spec.request ? trouble : undefined;
}

/**
 * The rest of the pause after an infrastructure failure, in milliseconds. The clock of the failed host wrote the end of
 * the pause. An end further ahead than the longest pause comes from a wrong clock and is ignored.
 */
export function pauseLeft(build: Build, now: Milliseconds): Milliseconds {
  const notBefore = currentTrouble(build)?.notBefore;
  if (notBefore === undefined) return 0;
  const left = Date.parse(notBefore) - now;
  return left > 0 && left <= backoff.maxMs ? left : 0;
}
