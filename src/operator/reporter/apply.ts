import { firstStatus, type Reported } from "../../api/objects/build.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { ReportPlan } from "../../core/report/post/plan.ts";
import { recordComment, recordStatus, type WriteResult } from "../../core/report/post/record.ts";
import { type GitHub, GitHubError } from "../../github/github.ts";
import { retryOnConflict } from "../../store/write.ts";
import { timestamp } from "../../system/clock.ts";
import type { ReporterWorld } from "./world.ts";

/**
 * Writes the plan to GitHub, and records each acknowledged write in `status.reported`. Throws a `GitHubError` when the
 * write must be retried.
 */
export async function applyReport(
  world: ReporterWorld,
  github: GitHub,
  build: Stored<"Build">,
  { status, comment }: ReportPlan,
  signal: AbortSignal,
): Promise<void> {
  const { repository, number, check } = build.spec;
  const facts = { build: build.metadata.name, pool: build.spec.pool, check, number };
  if (status !== undefined) {
    const { commit, state, description, url, request } = status;
    const result = await resultOf(() =>
      github.setStatus({ repository, commit, context: check, state, description, url }, signal),
    );
    logResult(world, { ...facts, commit, request, state, description }, result, "status");
    await record(world, build, (before) => recordStatus(before, status, result, timestamp(world.clock)));
  }
  if (comment !== undefined) {
    const { commit, prefix, marker, body } = comment;
    const result = await resultOf(() => github.upsertComment({ repository, number, prefix, marker, body }, signal));
    logResult(world, { ...facts, commit }, result, "comment");
    await record(world, build, (before) => recordComment(before, comment, result));
  }
}

/** The result of a write. `Rejected` is a permanent refusal: a retry cannot succeed. */
async function resultOf(write: () => Promise<{ readonly written: boolean }>): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof GitHubError && error.code === "Rejected") {
      return { written: false, refused: error.message };
    }
    throw error;
  }
}

function logResult(
  { log }: ReporterWorld,
  facts: object,
  { written, refused }: WriteResult,
  what: "status" | "comment",
): void {
  if (refused !== undefined)
    log.error({ ...facts, refused }, `GitHub refused a ${what} permanently; it is not retried`);
  else if (written) log.info(facts, `wrote a ${what} to GitHub`);
  else log.debug(facts, `GitHub had the same ${what} already`);
}

/** Changes only `status.reported`, and only of the Build with this UID. */
async function record(
  { store }: ReporterWorld,
  { metadata }: Stored<"Build">,
  change: (before: Reported | undefined) => Reported | undefined,
): Promise<void> {
  await retryOnConflict(
    store,
    "Build",
    metadata.name,
    (fresh) => {
      const reported = change(fresh.status?.reported);
      if (fresh.metadata.uid !== metadata.uid || reported === undefined) return undefined;
      return { ...fresh, status: { ...(fresh.status ?? firstStatus), reported } };
    },
    "status",
  );
}
