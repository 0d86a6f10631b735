import type { Milliseconds } from "../../../api/values/duration.ts";
import { type Ages, isCold, type Member, noAges } from "./member.ts";
import { quarantinePauseOf } from "./quarantine.ts";

/**
 * The start of each builder's present states, on the operator's monotonic clock. A restart of the operator clears them.
 */
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
  readonly quarantine?: { readonly incarnation: string; readonly since: Milliseconds; readonly count: number };
  /** The first time it was Ready after a quarantine. After twice the pause its quarantines are forgotten. */
  readonly healthySince?: Milliseconds;
}

/** Updates the timers with the observed members. Builders that no longer exist are removed. */
export function observeTimers(before: BuilderTimers, members: readonly Member[], now: Milliseconds): BuilderTimers {
  return new Map(members.map((member) => [member.name, observeTimer(before.get(member.name) ?? {}, member, now)]));
}

/** The members with their ages at `now`, from timers that were updated with the same members. */
export function withAges(members: readonly Member[], timers: BuilderTimers, now: Milliseconds): readonly Member[] {
  return members.map((member) => ({ ...member, ages: agesOf(timers.get(member.name), now) }));
}

function agesOf({ drain, warmup, quarantine, healthySince }: BuilderTimer = {}, now: Milliseconds): Ages {
  const ageOf = (start: Milliseconds | undefined) => (start === undefined ? 0 : now - start);
  return {
    ...noAges,
    draining: ageOf(drain?.since),
    stuck: ageOf(warmup?.since),
    quarantined: healthySince === undefined ? ageOf(quarantine?.since) : 0,
    quarantineCount: quarantine?.count ?? 0,
  };
}

function observeTimer(before: BuilderTimer, member: Member, now: Milliseconds): BuilderTimer {
  const drain = observeDrain(before.drain, member, now);
  const warmup = isCold(member) ? observeWarmup(before.warmup, member, now) : undefined;
  const quarantine = observeQuarantine(before, member, now);
  const healthySince = observeHealth(before.healthySince, member, now);
  return {
    ...(drain !== undefined && { drain }),
    ...(warmup !== undefined && { warmup }),
    ...(quarantine !== undefined && { quarantine }),
    ...(healthySince !== undefined && { healthySince }),
  };
}

function observeDrain(
  before: BuilderTimer["drain"],
  { builder, pod }: Member,
  now: Milliseconds,
): BuilderTimer["drain"] {
  if (builder?.spec.desired !== "Drain") return undefined;
  return before !== undefined && before.uid === pod?.uid ? before : { uid: pod?.uid, since: now };
}

/** A restarted process makes progress only beyond the best of all earlier processes at this revision. */
function observeWarmup(
  before: BuilderTimer["warmup"],
  { revision, status }: Member,
  now: Milliseconds,
): BuilderTimer["warmup"] {
  const { done = 0, progressAt } = status?.warmup ?? {};
  const incarnation = status?.incarnation;
  if (before === undefined || before.revision !== revision) {
    return { revision, incarnation, best: done, progressAt, since: now };
  }
  const isFurther = done > before.best;
  const isAlive = incarnation === before.incarnation && progressAt !== before.progressAt && done >= before.best;
  if (isFurther || isAlive) return { revision, incarnation, best: done, progressAt, since: now };
  return before;
}

/** A builder that warms up or is Suspect keeps its earlier value: only Ready proves health. */
function observeHealth(
  before: BuilderTimer["healthySince"],
  { phase }: Member,
  now: Milliseconds,
): BuilderTimer["healthySince"] {
  if (phase === "Quarantined") return undefined;
  return phase === "Ready" ? (before ?? now) : before;
}

function observeQuarantine(
  before: BuilderTimer,
  { phase, status }: Member,
  now: Milliseconds,
): BuilderTimer["quarantine"] {
  const last = before.quarantine;
  const { healthySince } = before;
  if (phase === "Quarantined" && status !== undefined) {
    const { incarnation } = status;
    if (last?.incarnation === incarnation && healthySince === undefined) return last;
    return { incarnation, since: now, count: (last?.count ?? 0) + 1 };
  }
  const isForgotten =
    last !== undefined && healthySince !== undefined && now - healthySince > quarantinePauseOf(last.count) * 2;
  return isForgotten ? undefined : last;
}
