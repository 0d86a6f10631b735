import type { Build, BuildSpec } from "../../../api/objects/build.ts";
import type { Builder } from "../../../api/objects/builder.ts";
import type { ResolvedCheck } from "../../../api/objects/check.ts";
import type { Stored } from "../../../api/objects/kinds.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { isHeld, isWanted } from "../../build/state.ts";
import { isActive } from "../../partition/active.ts";
import { hasLoudBuilder, isSilentBuilder } from "../../partition/silence.ts";

/** A shadow to request. */
export interface ShadowRequest {
  /** The pool that builds the shadow. */
  readonly pool: Pick<BuilderPool, "metadata">;
  /** The check of the shadow. It may have the names of the other check in other letters. */
  readonly check: Pick<ResolvedCheck, "branch" | "name" | "repository">;
  /** The Build to repeat. */
  readonly loud: Stored<"Build">;
  /** The shadow so far. */
  readonly shadow: Stored<"Build"> | undefined;
  /** The revisions that must build each commit once. */
  readonly revisions: readonly string[];
  /** The reason of the shadow's own check not to build the pull request. */
  readonly blocked: BuildSpec["blocked"];
}

/** The revisions of the silent builders beside loud ones. Empty in a silent pool, and without a loud builder. */
export function silentRevisionsOf(pool: Pick<BuilderPool, "spec">, builders: readonly Builder[]): readonly string[] {
  if (pool.spec.silent || !hasLoudBuilder(builders)) return [];
  return revisionsOf(builders.filter(isSilentBuilder));
}

/** The revisions of the active builders, sorted. */
export function revisionsOf(builders: readonly Builder[]): readonly string[] {
  const revisions = builders.filter(isActive).flatMap(({ status }) => status?.revision ?? []);
  return [...new Set(revisions)].sort();
}

/**
 * The spec of a shadow; undefined while no shadow is needed. A shadow is wanted once for each commit and revision, as
 * soon as a builder has begun the commit in the other Build. The request grows only after the last one was answered.
 */
export function requestShadow(
  { pool, check, loud, shadow, revisions, blocked }: ShadowRequest,
  now: Milliseconds,
): BuildSpec | undefined {
  const { commit, number, title, author } = loud.spec;
  const begun = begunAt(loud);
  const missing = begun === undefined ? [] : revisions.filter((one) => !isAnswered(shadow, commit, one));
  const last = shadow?.spec.commit === commit ? shadow.spec.shadow?.revision : undefined;
  const isOpen = shadow !== undefined && isWanted(shadow);
  const isRaised = missing.length > 0 && !isOpen;
  if (shadow === undefined && !isRaised) return undefined;
  const mayKeep = last !== undefined && (missing.length === 0 || missing.includes(last) || isHeldNow(shadow));
  const revision = mayKeep ? last : missing[0];
  const why = blocked ?? loud.spec.blocked;
  const requestedAt = isRaised ? new Date(now).toISOString() : shadow?.spec.requestedAt;
  return {
    pool: pool.metadata.name,
    check: check.name,
    repository: check.repository,
    number,
    commit,
    base: check.branch,
    title,
    author,
    urgent: false,
    waitingSince: begun ?? loud.spec.waitingSince,
    group: "untested",
    request: (shadow?.spec.request ?? 0) + (isRaised ? 1 : 0),
    ...(requestedAt === undefined ? {} : { requestedAt }),
    ...(why === undefined ? {} : { blocked: why }),
    silent: true,
    shadow: { of: loud.metadata.name, pool: loud.spec.pool, ...(revision === undefined ? {} : { revision }) },
  };
}

/** The time when a builder began to build the current commit; undefined before. */
function begunAt({ spec, status }: Build): string | undefined {
  if (status?.verdict?.commit === spec.commit) return status.verdict.startedAt;
  return status?.phase === "Running" && status.claim?.commit === spec.commit ? status.claim.since : undefined;
}

function isAnswered(shadow: Build | undefined, commit: string, revision: string): boolean {
  const { verdict, history = [] } = shadow?.status ?? {};
  return [...(verdict === undefined ? [] : [verdict]), ...history].some(
    (one) => one.commit === commit && one.revision === revision,
  );
}

function isHeldNow(shadow: Build | undefined): boolean {
  return shadow !== undefined && isHeld(shadow);
}
