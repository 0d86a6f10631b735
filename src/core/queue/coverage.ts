import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import { formatDuration, type Milliseconds } from "../../api/values/duration.ts";
import { isBarred } from "../build/retry.ts";
import { claimableIn, isHeld, isShadow, isWanted } from "../build/state.ts";
import { activeBuildersOf, isActive } from "../partition/active.ts";
import { anyone, type Preference, withOverride } from "../partition/preference.ts";
import { mayBuild } from "../partition/restriction.ts";
import { companyOf, isSilentBuilder } from "../partition/silence.ts";
import { deferralOf, moduloRankOf, partitionViewOf, type QueueView, treeHolder } from "./partitionView.ts";

/** The queue of a pool, as its builders see it. `now` is the wall clock of the operator, which dates requests. */
export interface CoverageInput
  extends Pick<QueueView, "builds" | "builders" | "isPoolSilent" | "strategy" | "patience" | "now"> {
  /** The time since the operator saw the last change of a builder's `lastWorkOf`, on its monotonic clock. */
  readonly idleFor: (builder: string) => Milliseconds;
}

/** A wanted build that no ready builder would claim, with the reason as a clause. */
export interface Uncovered {
  readonly build: Build;
  readonly reason: string;
}

/** Idle builders to ask about one build, besides the holder of its tree. The others would say the same. */
const sample = 8;
/** A builder that could have claimed a build for this long, and did not, will not claim it. */
const disbelief: Milliseconds = 120_000;

/**
 * The wanted, unblocked builds without a ready loud builder that claims them when it is idle: at once, within
 * `patience`, or after the pause of a failed attempt. The functions that choose builds decide. A build also counts if a
 * builder is idle, could have claimed the build two minutes ago, and did not. In a silent pool every builder counts.
 */
export function uncoveredBuilds(input: CoverageInput): readonly Uncovered[] {
  const wanted = input.builds.filter(isUnclaimed);
  if (wanted.length === 0) return [];
  const takers = input.builders.filter((one) => input.isPoolSilent === true || !isSilentBuilder(one));
  const names = activeBuildersOf(takers);
  const [first] = names;
  if (first === undefined) {
    const reason =
      activeBuildersOf(input.builders).length > 0 ? "every Ready builder is silent" : "no builder is Ready";
    return wanted.map((build) => ({ build, reason }));
  }
  const cover = coverOf(input, takers, names, first);
  return wanted.flatMap((build) => {
    const reason = cover(build);
    return reason === undefined ? [] : [{ build, reason }];
  });
}

function isUnclaimed(build: Build): boolean {
  const { spec, metadata } = build;
  const isOpen = spec.blocked === undefined && metadata.deletionTimestamp === undefined;
  return isOpen && !isShadow(build) && isWanted(build) && !isHeld(build);
}

/** Returns a function from a build to the reason why nobody claims it; undefined if a builder does. */
function coverOf(input: CoverageInput, takers: readonly Builder[], names: readonly string[], first: string) {
  const base = { ...input, self: first, waited: (build: Build) => waitedOf(build, input.now) };
  const partition = partitionViewOf(base);
  const company = companyOf(base);
  const byName = new Map(takers.map((builder) => [builder.metadata.name, builder]));
  const members = names.map((name, rank): Member => {
    const builder = byName.get(name);
    return {
      name,
      builder,
      rank,
      preference: withOverride(anyone, builder?.status?.partitionOverride, rank),
      isIdle: partition.idle.has(name) && input.idleFor(name) > disbelief,
    };
  });
  const isRestricted = members.some(({ builder }) => builder?.status?.forced !== undefined);
  const overriders = members.filter(({ builder }) => builder?.status?.partitionOverride !== undefined);
  const idle = members.filter(({ isIdle }) => isIdle);

  /** With Modulo only the owner and builders with a share of their own can claim. */
  const candidatesOf = (build: Build): readonly Member[] => {
    if (input.strategy !== "Modulo") return members;
    const owner = members[moduloRankOf(build, partition, anyone)];
    return owner === undefined || overriders.includes(owner) ? overriders : [owner, ...overriders];
  };
  const deferral = (member: Member, build: Build, view: Omit<QueueView, "preference">) =>
    deferralOf(
      { ...view, self: member.name, preference: member.preference },
      { ...partition, rank: member.rank },
      build,
    );
  const earlier = { ...base, waited: (build: Build) => waitedOf(build, input.now) - disbelief };

  return (build: Build): string | undefined => {
    const all = candidatesOf(build);
    const candidates = isRestricted ? all.filter(({ builder }) => mayBuild(builder, build)) : all;
    const isTaken = company.mayClaim(build) && candidates.some((one) => Number.isFinite(deferral(one, build, base)));
    if (!isTaken) return reasonOf(build, candidates, all, input);
    const isDue = build.spec.group === "untested" && claimableIn(build, input.now) === 0;
    if (!isDue || waitedOf(build, input.now) <= disbelief) return undefined;
    const holder = treeHolder(build, partition);
    const asked = input.strategy === "Modulo" ? candidates : idle.filter((one, n) => n < sample || one.name === holder);
    const lazy = asked.find((one) => one.isIdle && mayBuild(one.builder, build) && deferral(one, build, earlier) === 0);
    if (lazy === undefined) return undefined;
    return `"${lazy.name}" is idle and does not claim it, after ${formatDuration(waitedOf(build, input.now))}`;
  };
}

interface Member {
  readonly name: string;
  readonly builder: Builder | undefined;
  readonly rank: number;
  readonly preference: Preference;
  /** Whether the builder has had no claim for two minutes. */
  readonly isIdle: boolean;
}

/**
 * The last work of each builder as text, which changes with each warm-up, claim, verdict and failed attempt. Compare
 * the texts for change only: the times are of the builder's clock.
 */
export function lastWorkOf({
  builders,
  builds,
}: Pick<CoverageInput, "builders" | "builds">): ReadonlyMap<string, string> {
  const failures = lastFailuresOf(builds);
  const held = new Map(builds.filter(isHeld).map(({ metadata, status }) => [status?.claim?.builder, metadata.name]));
  return new Map(
    builders.map((builder) => {
      const { name } = builder.metadata;
      const { warm, lastVerdict } = builder.status ?? {};
      const work = [isActive(builder), warm?.at, held.get(name), lastVerdict?.at, failures.get(name)];
      return [name, work.join(" ")];
    }),
  );
}

/** The time of the last failed attempt of each builder. */
function lastFailuresOf(builds: readonly Build[]): ReadonlyMap<string, string> {
  const last = new Map<string, string>();
  for (const { status } of builds) {
    const trouble = status?.trouble;
    if (trouble !== undefined && trouble.at > (last.get(trouble.builder) ?? "")) last.set(trouble.builder, trouble.at);
  }
  return last;
}

function reasonOf(
  build: Build,
  allowed: readonly Member[],
  candidates: readonly Member[],
  { strategy }: CoverageInput,
): string {
  if (candidates.length > 0 && allowed.length === 0) return "force-hashes limits its builders to other commits";
  if (allowed.length > 0 && allowed.every(({ name }) => isBarred(build, name)))
    return "it broke three builders, and none of them is Ready";
  if (strategy === "Modulo")
    return "no builder owns its commit, because config/worker-index or config/workers-pool-size changes the shares";
  return "every Ready builder leaves it to others";
}

function waitedOf({ spec }: Build, now: Milliseconds): Milliseconds {
  return spec.requestedAt === undefined ? 0 : Math.max(0, now - Date.parse(spec.requestedAt));
}
