import type { CanaryStatus } from "../../../api/objects/pool/update.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import { milliseconds } from "../../../api/values/duration.ts";
import { disagreementOf, trialKeyOf } from "../../comparison/trials.ts";
import { poolChecksOf } from "../../definitions/checks.ts";
import { isSilentIn } from "../../definitions/ownership.ts";
import { isHost } from "../builder/host.ts";
import type { Member } from "../builder/member.ts";
import type { ObservedPool } from "../observed.ts";
import { canaryCountOf, canaryOrdinalsOf } from "./canaryOrdinals.ts";

/** The trial of the target revision. */
export interface Canary {
  /** The next `status.canary`. */
  readonly record: CanaryStatus;
  /**
   * Why the rollout goes no further; absent if the trial holds nothing back.
   *
   * - `Announced`: the stored status does not show the trial yet. A builder that starts now would publish.
   * - `Testing`: verdicts are missing. Only the canaries are updated.
   * - `TimedOut`: verdicts are missing after the timeout.
   * - `Disagreed`: a disagreement was confirmed.
   */
  readonly hold?: "Announced" | "Testing" | "TimedOut" | "Disagreed";
  /** The ordinals that try the revision while `hold` is set. */
  readonly ordinals: ReadonlySet<number>;
}

/** The revisions of a rollout: the wanted one, the target of the last status, and the one to return to. */
interface Revisions {
  readonly wanted: string;
  /** The wanted revision of outside hosts. */
  readonly hostTarget: string;
  readonly last: string;
  readonly from: string | undefined;
}

/** Most disagreements and loud revisions in the status. */
const most = { disagreements: 10, loud: 32 };

/**
 * The trial of the wanted revision, from the stored status and the trials of verdicts. A trial begins with its rollout:
 * a later `update.canary` waits for the next revision. A stored trial of another revision only keeps its revisions
 * silent. Undefined without a trial.
 */
export function canaryOf(observed: ObservedPool, revisions: Revisions, now: number): Canary | undefined {
  const { pool } = observed;
  const stored = pool.status?.canary;
  const { wanted, last } = revisions;
  if (pool.spec.update.canary === undefined) return undefined;
  const begun = last === wanted && stored?.revision === wanted ? stored : undefined;
  if (begun === undefined) {
    const first = firstRecordOf(observed, revisions);
    if (first !== undefined) return { record: first, hold: "Announced", ordinals: new Set() };
    return stored === undefined ? undefined : { record: stored, ordinals: new Set() };
  }
  if (begun.phase === "Passed") return { record: begun, ordinals: new Set() };
  const ordinals = canaryOrdinalsOf(observed, wanted);
  const record = nextRecordOf(observed, begun, { ordinals, hostTarget: revisions.hostTarget }, now);
  return { record, hold: holdOf(pool, record, now), ordinals };
}

/** Whether the builder is silent because its revision is on trial, or was never tried. */
export function isOnTrial({ revision }: Pick<Member, "revision">, canary: Pick<Canary, "record"> | undefined): boolean {
  return revision !== undefined && canary !== undefined && !canary.record.loudRevisions.includes(revision);
}

/** The time in milliseconds when the trial times out, by the wall clock; undefined before its first ready canary. */
export function canaryDeadlineOf({ spec, status }: Pick<BuilderPool, "spec" | "status">): number | undefined {
  const { since, phase } = status?.canary ?? {};
  const { canary } = spec.update;
  if (since === undefined || phase !== "Testing" || canary === undefined) return undefined;
  return Date.parse(since) + milliseconds(canary.timeout);
}

/**
 * The record of a trial that begins; undefined if the revision needs none. Hosts stay loud at the revision that they
 * have.
 */
function firstRecordOf(observed: ObservedPool, { wanted, last, from }: Revisions): CanaryStatus | undefined {
  const { pool, members } = observed;
  const hosts = members.flatMap((member) => (isHost(member) ? (member.revision ?? []) : []));
  const known = pool.status?.canary?.loudRevisions ?? [...(from === undefined ? [] : [from]), last, ...hosts];
  const isLoud = poolChecksOf(pool).checks.some((check) => !isSilentIn(pool, check));
  if (last === wanted || from === undefined || known.includes(wanted) || !isLoud || canaryCountOf(observed) === 0) {
    return undefined;
  }
  return { revision: wanted, phase: "Testing", loudRevisions: [...new Set(known)].slice(-most.loud), agreed: [] };
}

function nextRecordOf(
  { pool, members, trials = [] }: ObservedPool,
  before: CanaryStatus,
  { ordinals, hostTarget }: { readonly ordinals: ReadonlySet<number>; readonly hostTarget: string },
  now: number,
): CanaryStatus {
  if (before.phase !== "Testing") return before;
  const own = trials.filter(({ revision }) => revision === before.revision);
  const agree = pool.spec.update.canary?.agree ?? 0;
  const agreeing = own.filter(({ outcome }) => outcome === "Agrees").map(trialKeyOf);
  const agreed = [...new Set([...before.agreed, ...agreeing.sort()])].slice(0, Math.max(agree, before.agreed.length));
  const confirmed = own.filter(({ outcome }) => outcome === "Confirmed").slice(0, most.disagreements);
  const isReady = members.some(
    ({ ordinal = -1, pod, phase }) => ordinals.has(ordinal) && pod?.revision === before.revision && phase === "Ready",
  );
  const since = before.since ?? (isReady ? new Date(now).toISOString() : undefined);
  const record = { ...before, agreed, ...(since !== undefined && { since }) };
  if (confirmed.length > 0) return { ...record, phase: "Disagreed", disagreements: confirmed.map(disagreementOf) };
  const isDoubted = own.some(({ outcome }) => outcome === "Differs");
  if (agreed.length < agree || isDoubted) return record;
  const loud = new Set([...before.loudRevisions, before.revision, hostTarget]);
  return { ...record, phase: "Passed", loudRevisions: [...loud].slice(-most.loud) };
}

/** A passed trial holds until the status shows it, since builders read the status. */
function holdOf(pool: BuilderPool, record: CanaryStatus, now: number): NonNullable<Canary["hold"]> {
  if (record.phase === "Disagreed") return "Disagreed";
  const deadline = canaryDeadlineOf({ spec: pool.spec, status: { canary: record } });
  return deadline !== undefined && now >= deadline ? "TimedOut" : "Testing";
}
