import type { Build } from "../../../api/objects/build.ts";
import type { Builder } from "../../../api/objects/builder.ts";
import type { ResolvedCheck } from "../../../api/objects/check.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { isHeld, isOfAnotherPool, isShadow } from "../../build/state.ts";
import { poolChecksOf } from "../../definitions/checks.ts";
import { hasPendingAnnouncement, hasPendingVerdict, planReport, type ReportFacts, type ReportPlan } from "./plan.ts";

/** The objects around a Build that its report depends on. */
export interface ReportContext {
  pool(name: string): BuilderPool | undefined;
  /** The resolved checks of a pool. Called only when a comment is due. */
  checks(pool: BuilderPool): readonly ResolvedCheck[];
  builder(name: string): Builder | undefined;
}

/** The facts around a Build for `planReport`. An unknown pool or builder counts as silent, so its report waits. */
export function reportFactsOf(build: Build, context: ReportContext, logWaited: Milliseconds): ReportFacts {
  const pool = context.pool(build.spec.pool);
  return {
    silent: pool === undefined || isSilent(pool, build),
    isSilentBuilder(name) {
      const builder = context.builder(name);
      return builder === undefined || (builder.status?.silent ?? builder.spec.silent ?? false);
    },
    wantsComments: () => pool !== undefined && wantsComments(context.checks(pool), build),
    logWaited,
  };
}

/**
 * Whether GitHub still lacks a verdict, a comment or the withdrawal of an announcement for a Build that leaves the
 * pool. A held Build counts too, because it must first stop or finish. `checks` are the resolved checks of the pool.
 */
export function hasUnpublished(build: Build, pool: BuilderPool, checks: readonly ResolvedCheck[]): boolean {
  if (isHeld(build)) return true;
  if (isSilent(pool, build) || isOfAnotherPool(build)) return false;
  return hasPendingVerdict(build, () => wantsComments(checks, build)) || hasPendingAnnouncement(build);
}

/** The names of the Builds with a pending report: GitHub lacks a status or comment that is due now. */
export function pendingReports(objects: {
  readonly pools: readonly BuilderPool[];
  readonly builders: readonly Builder[];
  readonly builds: readonly Build[];
}): readonly string[] {
  const pools = new Map(objects.pools.map((pool) => [pool.metadata.name, pool]));
  const builders = new Map(objects.builders.map((builder) => [builder.metadata.name, builder]));
  const context: ReportContext = {
    pool: (name) => pools.get(name),
    checks: createChecksCache(),
    builder: (name) => builders.get(name),
  };
  return objects.builds
    .filter((build) => !isUpToDate(planReport(build, reportFactsOf(build, context, 0))))
    .map(({ metadata }) => metadata.name);
}

/**
 * Resolves the checks of each version of a pool once. A new version is a new object, and the old one can be collected.
 */
export function createChecksCache(): ReportContext["checks"] {
  const resolved = new WeakMap<BuilderPool, readonly ResolvedCheck[]>();
  return (pool) => {
    const checks = resolved.get(pool) ?? poolChecksOf(pool).checks;
    resolved.set(pool, checks);
    return checks;
  };
}

/** Whether a plan has nothing to do, because GitHub is up to date. */
export function isUpToDate({ status, comment, wait }: ReportPlan): boolean {
  return status === undefined && comment === undefined && wait === undefined;
}

function isSilent(pool: BuilderPool, build: Build): boolean {
  return pool.spec.silent || build.spec.silent === true || isShadow(build);
}

function wantsComments(checks: readonly ResolvedCheck[], { spec }: Build): boolean {
  return checks.some(
    ({ name, repository, comments }) => name === spec.check && repository === spec.repository && comments,
  );
}
