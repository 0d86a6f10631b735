import type { Outcome } from "../../api/cell/event.ts";
import type { CellContext } from "../cellContext.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { findingsOf } from "./findings.ts";
import { firstErrorOf, git, gitFailure, hasCommit } from "./git.ts";
import { tooBigOf } from "./growth.ts";
import { type Listing, listFiles } from "./listing.ts";
import { type MergeResult, mergeCommits } from "./mergeCommits.ts";
import { missingFilesOf } from "./missingFiles.ts";
import type { TreeRepository } from "./repository.ts";
import { UnwritableTree, writeTree } from "./writeTree.ts";

type Verdict = Extract<Outcome, { kind: "Verdict" }>;

/** The result of a merge. */
export interface Merged {
  /** Visible to builds as ALIBUILD_HEAD_HASH and ALIBUILD_BASE_HASH. */
  readonly headHash: string;
  readonly baseHash: string;
  /** The merged commit. Absent after a conflict. */
  readonly mergeCommit?: string;
  /** Present when the merge already decided the verdict. */
  readonly verdict?: Verdict;
  /** A sentence about files of the pull request that the checkout lacks. */
  readonly missing?: string;
}

/** Files that are listed beyond the limit: the base may have deleted files after the pull request began. */
const slack = 250_000;

/**
 * Merges the pull request into its base and writes the merged files into the check's merge directory, without network. A
 * conflict, an excess or a pull request without relevant changes writes no file. A commit missing in the mirror or an
 * order without the merge directory is an InfrastructureFailure, never a conflict. So no verdict is reported for a pull
 * request that was not merged.
 */
export async function merge(context: CellContext, repositories: ReadonlyMap<string, TreeRepository>): Promise<Merged> {
  const { order, emit } = context;
  const { check, pullRequest } = order;
  if (order.task === "build" && pullRequest === undefined) {
    throw new InfrastructureFailure("CellDied", "The order requests a build of a pull request but contains none");
  }
  const repository = repositories.get(check.checkout);
  const tip = repository?.source.commit ?? "";
  if (pullRequest === undefined) return { headHash: tip, baseHash: tip };
  await emit({ event: "step", step: "merge" });
  if (check.testsTool) return { headHash: pullRequest.commit, baseHash: pullRequest.commit };
  if (repository === undefined) {
    const directories = [...repositories.keys()].join(", ");
    throw new InfrastructureFailure(
      "SelfTestFailed",
      `Check ${check.name} merges into directory ${check.checkout}, which is not among its development packages (${directories}); set checkout to the directory of ${check.repository}`,
    );
  }
  const [, base, listing] = await firstErrorOf([
    refuseMissing(context, pullRequest),
    mergeBase(context, repository, pullRequest.commit),
    listFiles(context, repository.gitDirectory, repository.source.commit),
  ]);
  const { verdict, ...merged } = await mergeOnto(context, repository, pullRequest.commit, { commit: base, listing });
  return {
    headHash: pullRequest.commit,
    baseHash: base ?? tip,
    ...merged,
    ...(verdict && { verdict: { ...verdict, ...merged, ...(base !== undefined && { mergeBase: base }) } }),
  };
}

async function refuseMissing(
  context: CellContext,
  { mirror, commit }: { readonly mirror: string; readonly commit: string },
): Promise<void> {
  if (await hasCommit(context, mirror, commit)) return;
  throw new InfrastructureFailure(
    "CommitNotFound",
    `The mirror of ${context.order.check.repository} has no commit ${commit}: a later push replaced it, or the mirror does not have it yet`,
  );
}

/**
 * Merges and writes the files. `base` is the merge base and the files of the source. The verdict is present if the pull
 * request is not built.
 */
async function mergeOnto(
  context: CellContext,
  repository: TreeRepository,
  head: string,
  { commit: mergeBase, listing: base }: { readonly commit: string | undefined; readonly listing: Listing },
): Promise<Pick<Merged, "mergeCommit" | "verdict" | "missing">> {
  const { gitDirectory, source } = repository;
  if (mergeBase === undefined)
    return { verdict: conflict({ conflicts: [], messages: ["The histories have no common commit."] }) };
  const most = base.files.length + context.order.check.maxFiles + slack;
  const theirs = await listFiles(context, gitDirectory, head, most);
  const early = theirs.isComplete ? undefined : tooBigOf(context, base, theirs);
  if (early !== undefined) return { verdict: early };
  const merged = await mergeCommits(context, repository, { base: mergeBase, theirs: head, files: base.files });
  if (merged.commit === undefined) return { verdict: conflict(merged) };
  const mergeCommit = merged.commit;
  const files = await listMerged(context, repository, merged.commit, {
    most,
    known: { [source.commit]: base, [head]: theirs },
  });
  const excess = tooBigOf(context, base, files);
  if (excess !== undefined) return { mergeCommit, verdict: excess };
  if (await hasNoRelevantChange(context, repository, mergeBase, head))
    return {
      mergeCommit,
      verdict: { kind: "Verdict", result: "Skipped", description: "skipped; no relevant changes" },
    };
  try {
    await writeTree(context, repository, merged.commit, files.files);
  } catch (error) {
    if (error instanceof UnwritableTree && merged.commit !== source.commit)
      return { mergeCommit, verdict: unwritable(error.words) };
    throw error;
  }
  const missing = await missingFilesOf(repository.tree, files.files);
  return { mergeCommit, ...(missing !== undefined && { missing }) };
}

async function listMerged(
  context: CellContext,
  { gitDirectory }: TreeRepository,
  commit: string,
  { most, known }: { readonly most: number; readonly known: Readonly<Record<string, Listing>> },
): Promise<Listing> {
  return known[commit] ?? (await listFiles(context, gitDirectory, commit, most));
}

function conflict({ conflicts, messages }: Extract<MergeResult, { conflicts: readonly string[] }>): Verdict {
  return {
    kind: "Verdict",
    result: "Conflict",
    description: "Please resolve merge conflicts",
    conflicts: [...conflicts],
    findings: findingsOf(messages),
  };
}

/** Git cannot write the merged files on any builder like this one, so a retry does not help. */
function unwritable(words: string): Verdict {
  const sentence = `git cannot check out this pull request: ${words}`;
  return {
    kind: "Verdict",
    result: "Failure",
    description: sentence.slice(0, 140),
    findings: findingsOf([`error: ${sentence}`]),
  };
}

/** The merge base of the source and the pull request; undefined without common history, which counts as a conflict. */
async function mergeBase(
  context: CellContext,
  { gitDirectory, source }: TreeRepository,
  theirs: string,
): Promise<string | undefined> {
  const args = ["merge-base", theirs, source.commit];
  const ended = await git(context, gitDirectory, [`--git-dir=${gitDirectory}`, ...args]);
  if (ended.exitCode === 0) return ended.stdout.trim();
  if (ended.exitCode === 1) return undefined;
  throw gitFailure(args, ended);
}

/** Compares tree objects, so neither attributes nor `.gitmodules` can hide a change. */
async function hasNoRelevantChange(
  context: CellContext,
  { gitDirectory }: TreeRepository,
  base: string,
  head: string,
): Promise<boolean> {
  const paths = context.order.check.onlyWhenChanged;
  if (paths.length === 0) return false;
  const options = ["--quiet", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none"];
  const args = ["diff-tree", "-r", ...options, base, head, "--", ...paths];
  const place = [`--git-dir=${gitDirectory}`];
  const ended = await git(context, gitDirectory, [...place, ...args]);
  if (ended.exitCode === 0) return true;
  if (ended.exitCode === 1) return false;
  throw gitFailure(args, ended);
}
