import type { Build } from "../../../api/objects/build.ts";
import type { Builder } from "../../../api/objects/builder.ts";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import { isHeld } from "../../build/state.ts";
import { poolChecksOf } from "../../definitions/checks.ts";
import { planReport, type ReportFacts } from "./plan.ts";

/** The objects that decide, beside the Build, what GitHub should have. */
export interface ReportContext {
  pool(name: string): BuilderPool | undefined;
  builder(name: string): Builder | undefined;
}

/** What the report of a Build depends on beside the Build. Whatever is not known is silent: it is published later, or never. */
export function reportFactsOf(build: Build, around: ReportContext, logWaited: Milliseconds): ReportFacts {
  const pool = around.pool(build.spec.pool);
  return {
    silent: pool === undefined || pool.spec.silent || build.spec.silent === true,
    isSilentBuilder(name) {
      const builder = around.builder(name);
      return builder === undefined || (builder.status?.silent ?? builder.spec.silent ?? false);
    },
    wantsComments: () => pool !== undefined && wantsComments(pool, build),
    logWaited,
  };
}

function wantsComments(pool: BuilderPool, { spec }: Build): boolean {
  const { checks } = poolChecksOf(pool);
  return checks.some(
    ({ name, repository, comments }) => name === spec.check && repository === spec.repository && comments,
  );
}

/**
 * Whether GitHub must still hear of a Build that is to go: that it is not built after all, or what came of it. One that is held has yet to
 * be stopped, or to end.
 */
export function mustBeHeard(build: Build, pool: BuilderPool): boolean {
  const leaving: Build = { ...build, spec: { ...build.spec, blocked: { reason: "PoolDeleted", message: "" } } };
  const around: ReportContext = { pool: () => pool, builder: () => undefined };
  return isHeld(build) || !isUpToDate(planReport(leaving, reportFactsOf(leaving, around, 0)));
}

/** Names of the Builds of which GitHub does not have everything that it should have by now. */
export function pendingReports(objects: {
  readonly pools: readonly BuilderPool[];
  readonly builders: readonly Builder[];
  readonly builds: readonly Build[];
}): readonly string[] {
  const pools = new Map(objects.pools.map((pool) => [pool.metadata.name, pool]));
  const builders = new Map(objects.builders.map((builder) => [builder.metadata.name, builder]));
  const around: ReportContext = { pool: (name) => pools.get(name), builder: (name) => builders.get(name) };
  return objects.builds
    .filter((build) => !isUpToDate(planReport(build, reportFactsOf(build, around, 0))))
    .map(({ metadata }) => metadata.name);
}

/** Whether a plan has nothing to do: GitHub has everything. */
export function isUpToDate({ status, comment, wait }: ReturnType<typeof planReport>): boolean {
  return status === undefined && comment === undefined && wait === undefined;
}
