import { join } from "node:path";
import type { Outcome } from "../../api/cell/event.ts";
import { bytes } from "../../api/values/quantity.ts";
import type { CellContext } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { git, gitFailure, gitOutput, hasCommit } from "./git.ts";
import { growthOf } from "./growth.ts";

/** The result of a merge. */
export interface Merged {
  /** Visible to builds as ALIBUILD_HEAD_HASH and ALIBUILD_BASE_HASH. */
  readonly headHash: string;
  readonly baseHash: string;
  /** Present when the merge already decided the verdict. */
  readonly verdict?: Extract<Outcome, { kind: "Verdict" }>;
}

/**
 * Merges the pull request into its base, in the check's merge directory, without network. A commit missing in the
 * mirror or an order without the merge directory is an InfrastructureFailure, never a conflict. So no verdict is
 * reported for a pull request that was not merged.
 */
export async function merge(context: CellContext): Promise<Merged> {
  const { order, emit } = context;
  const { check, pullRequest } = order;
  if (order.task === "build" && pullRequest === undefined) {
    throw new InfrastructureFailure("CellDied", "The order requests a build of a pull request but contains none");
  }
  const source = order.sources.find(({ directory }) => directory === check.checkout);
  if (pullRequest === undefined) return { headHash: source?.commit ?? "", baseHash: source?.commit ?? "" };
  await emit({ event: "step", step: "merge" });
  if (check.testsTool) return { headHash: pullRequest.commit, baseHash: pullRequest.commit };
  if (source === undefined) {
    const directories = order.sources.map(({ directory }) => directory).join(", ");
    throw new InfrastructureFailure(
      "SelfTestFailed",
      `Check ${check.name} merges into directory ${check.checkout}, which is not among its development packages (${directories}); set checkout to the directory of ${check.repository}`,
    );
  }
  if (!(await hasCommit(context, pullRequest.mirror, pullRequest.commit))) {
    throw new InfrastructureFailure(
      "CommitNotFound",
      `The mirror of ${check.repository} has no commit ${pullRequest.commit}: a later push replaced it, or the mirror does not have it yet`,
    );
  }
  const tree = join(order.paths.area, source.directory);
  const base = await mergeBase(context, tree, source.commit, pullRequest.commit);
  const merged = { headHash: pullRequest.commit, baseHash: base ?? source.commit };
  const verdict =
    base === undefined || !(await mergeCommit(context, tree, pullRequest.commit))
      ? { result: "Conflict" as const, description: "Please resolve merge conflicts" }
      : (await growthOf(context, tree, source.commit, "HEAD")) > bytes(check.maxGrowth)
        ? { result: "TooBig" as const, description: "PR too big. Rejecting." }
        : (await hasNoRelevantChange(context, tree, base, pullRequest.commit))
          ? { result: "Skipped" as const, description: "skipped; no relevant changes" }
          : undefined;
  if (verdict === undefined) return merged;
  return { ...merged, verdict: { kind: "Verdict", ...verdict, ...(base === undefined ? {} : { mergeBase: base }) } };
}

/** The merge base of two commits; undefined without common history, which counts as a conflict. */
async function mergeBase(
  context: CellContext,
  tree: string,
  ours: string,
  theirs: string,
): Promise<string | undefined> {
  const args = ["merge-base", theirs, ours];
  const ended = await git(context, tree, args);
  if (ended.exitCode === 0) return ended.stdout.trim();
  if (ended.exitCode === 1) return undefined;
  throw gitFailure(args, ended);
}

/**
 * Merges a commit; false if people must resolve conflicts. The merge commit has the dates of the commit. The same merge
 * therefore has the same hash, and aliBuild finds its earlier build.
 */
async function mergeCommit(context: CellContext, tree: string, commit: string): Promise<boolean> {
  const date = await gitOutput(context, tree, [
    "show",
    "--no-patch",
    "--no-show-signature",
    "--format=%ct +0000",
    commit,
  ]);
  const args = ["merge", "--quiet", "--no-edit", "--no-verify-signatures", "--no-stat", commit];
  const ended = await git(context, tree, args, { env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date } });
  if (ended.exitCode === 0) return true;
  await refuseFullDisk(context.order, ended.tail);
  const unmerged = await gitOutput(context, tree, ["ls-files", "--unmerged"]);
  if (ended.exitCode === undefined || unmerged === "") throw gitFailure(args, ended);
  return false;
}

async function hasNoRelevantChange(context: CellContext, tree: string, base: string, commit: string): Promise<boolean> {
  const paths = context.order.check.onlyWhenChanged;
  if (paths.length === 0) return false;
  const args = ["diff", "--quiet", "--no-ext-diff", "--no-textconv", `${base}...${commit}`, "--", ...paths];
  const ended = await git(context, tree, args);
  if (ended.exitCode === 0) return true;
  if (ended.exitCode === 1) return false;
  throw gitFailure(args, ended);
}
