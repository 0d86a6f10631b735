import type { Milliseconds } from "../../../api/values/duration.ts";
import { type Ages, isCold, type Member, noAges } from "./member.ts";
import { quarantinePauseOf } from "./quarantine.ts";

/** Since when, on the operator's monotonic clock, each builder has been seen as it is. Forgotten when the operator restarts. */
export type BuilderTimers = ReadonlyMap<string, BuilderTimer>;

interface BuilderTimer {
  readonly drain?: { readonly uid: string | undefined; readonly since: Milliseconds };
  readonly warmup?: {
    readonly revision: string | undefined;
    readonly incarnation: string | undefined;
    readonly best: number;
    readonly progressAt: string | undefined;
    readonly since: Milliseconds;
  };
  readonly quarantine?: { readonly incarnation: string; readonly since: Milliseconds; readonly strikes: number };
  /** Since when it is ready again; long enough and its quarantines are forgotten. */
  readonly well?: Milliseconds;
}

/** What is remembered after a look; builders that are gone are forgotten. */
export function observeTimers(before: BuilderTimers, members: readonly Member[], now: Milliseconds): BuilderTimers {
  return new Map(members.map((member) => [member.name, look(before.get(member.name) ?? {}, member, now)]));
}

/** The ages of a builder at `now`. */
export function agesOf(timers: BuilderTimers, name: string, now: Milliseconds): Ages {
  const { drain, warmup, quarantine, well } = timers.get(name) ?? {};
  const since = (start: Milliseconds | undefined) => (start === undefined ? 0 : now - start);
  return {
    ...noAges,
    draining: since(drain?.since),
    stuck: since(warmup?.since),
    quarantined: well === undefined ? since(quarantine?.since) : 0,
    strikes: quarantine?.strikes ?? 0,
  };
}

function look(before: BuilderTimer, member: Member, now: Milliseconds): BuilderTimer {
  const drain = lookAtDrain(before.drain, member, now);
  const warmup = isCold(member) ? lookAtWarmup(before.warmup, member, now) : undefined;
  const quarantine = lookAtQuarantine(before, member, now);
  const well = lookAtHealth(before.well, member, now);
  return {
    ...(drain !== undefined && { drain }),
    ...(warmup !== undefined && { warmup }),
    ...(quarantine !== undefined && { quarantine }),
    ...(well !== undefined && { well }),
  };
}

function lookAtDrain(
  before: BuilderTimer["drain"],
  { builder, pod }: Member,
  now: Milliseconds,
): BuilderTimer["drain"] {
  if (builder?.spec.desired !== "Drain") return undefined;
  return before !== undefined && before.uid === pod?.uid ? before : { uid: pod?.uid, since: now };
}

/** A process that dies and starts over makes progress only by getting further than any before it at this revision. */
function lookAtWarmup(
  before: BuilderTimer["warmup"],
  { pod, status }: Member,
  now: Milliseconds,
): BuilderTimer["warmup"] {
  const { done = 0, progressAt } = status?.warmup ?? {};
  const incarnation = status?.incarnation;
  const revision = pod?.revision;
  if (before === undefined || before.revision !== revision) {
    return { revision, incarnation, best: done, progressAt, since: now };
  }
  const isFurther = done > before.best;
  const isAlive = incarnation === before.incarnation && progressAt !== before.progressAt && done >= before.best;
  if (isFurther || isAlive) return { revision, incarnation, best: done, progressAt, since: now };
  return before;
}

/** What warms up, or is not heard, has yet to show whether it is well. */
function lookAtHealth(before: BuilderTimer["well"], { phase }: Member, now: Milliseconds): BuilderTimer["well"] {
  if (phase === "Quarantined") return undefined;
  return phase === "Ready" ? (before ?? now) : before;
}

function lookAtQuarantine(
  before: BuilderTimer,
  { phase, status }: Member,
  now: Milliseconds,
): BuilderTimer["quarantine"] {
  const last = before.quarantine;
  if (phase === "Quarantined" && status !== undefined) {
    const { incarnation } = status;
    if (last?.incarnation === incarnation && before.well === undefined) return last;
    return { incarnation, since: now, strikes: (last?.strikes ?? 0) + 1 };
  }
  const isForgotten =
    last !== undefined && before.well !== undefined && now - before.well > quarantinePauseOf(last.strikes) * 2;
  return isForgotten ? undefined : last;
}
