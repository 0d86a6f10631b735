import type { Reported } from "../../api/objects/build.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { ReportPlan } from "../../core/report/post/plan.ts";
import { recordComment, recordStatus, type WriteResult } from "../../core/report/post/record.ts";
import { type GitHub, GitHubError } from "../../github/github.ts";
import { retryOnConflict } from "../../store/write.ts";
import { timestamp } from "../../system/clock.ts";
import type { ReporterWorld } from "./world.ts";

/** Writes what the plan says to GitHub, and each acknowledged write to the Build's record. Throws GitHubError when it is to be tried again. */
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
    const fate = await fateOf(() =>
      github.setStatus({ repository, commit, context: check, state, description, url }, signal),
    );
    tell(world, { ...facts, commit, request, state, description }, fate, "status");
    await record(world, build, (before) => recordStatus(before, status, fate, timestamp(world.clock)));
  }
  if (comment !== undefined) {
    const { commit, prefix, body } = comment;
    const fate = await fateOf(() => github.upsertComment({ repository, number, prefix, body }, signal));
    tell(world, { ...facts, commit }, fate, "comment");
    await record(world, build, (before) => recordComment(before, comment, fate));
  }
}

/** What GitHub understood and refused, or cannot find, would be refused again. */
async function fateOf(write: () => Promise<{ readonly written: boolean }>): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof GitHubError && (error.code === "Rejected" || error.code === "NotFound")) {
      return { written: false, refused: error.message };
    }
    throw error;
  }
}

function tell(
  { log }: ReporterWorld,
  facts: object,
  { written, refused }: WriteResult,
  what: "status" | "comment",
): void {
  if (refused !== undefined) log.error({ ...facts, refused }, `GitHub refused a ${what} for good: it is given up`);
  else if (written) log.info(facts, `${what} written`);
  else log.debug(facts, `${what} was there already`);
}

/** Changes `status.reported` and nothing else, of this very object. */
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
      return { ...fresh, status: { ...(fresh.status ?? { phase: "Queued", attempt: 0 }), reported } };
    },
    "status",
  );
}
