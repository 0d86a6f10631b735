import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CellContext } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { git, gitFailure, gitOutput } from "./git.ts";
import type { TreeFile } from "./listing.ts";
import { branchOf, type TreeRepository } from "./repository.ts";

/** A merge: its commit, or what people must resolve. */
export type MergeResult =
  | { readonly commit: string; readonly conflicts?: never }
  | {
      readonly commit?: never;
      /** Names of the conflicted files. */
      readonly conflicts: readonly string[];
      /** Git's sentences about them. */
      readonly messages: readonly string[];
    };

/** Most names and messages of a conflict, and their most characters. */
const mostConflicts = 50;
const longestName = 300;

/**
 * Merges a commit into the commit of a source without a work tree, so line ends and leftovers cannot stop the merge.
 * The merge commit has the date of the commit and the message of `git merge`. The same merge therefore has the same hash,
 * and aliBuild finds its earlier build. `base` is the merge base, `files` are the files of the source.
 */
export async function mergeCommits(
  context: CellContext,
  repository: TreeRepository,
  { base, theirs, files }: { readonly base: string; readonly theirs: string; readonly files: readonly TreeFile[] },
): Promise<MergeResult> {
  const { source, gitDirectory } = repository;
  const ours = source.commit;
  if (base === ours) return { commit: theirs };
  if (base === theirs) return { commit: ours };
  const attributes = await writeAttributes(context, repository, files);
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--messages", ours, theirs];
  const place = [`--git-dir=${gitDirectory}`, "--work-tree=."];
  const ended = await git(context, attributes, [...place, ...args], { maxCapture: 2 ** 24 });
  if (ended.exitCode === 0) return { commit: await commitTree(context, repository, theirs, treeOf(ended.stdout)) };
  if (ended.exitCode === 1) return conflictOf(ended.stdout);
  await refuseFullDisk(context.order, ended.tail);
  throw gitFailure(args, ended);
}

/** The id of the merged tree, the first record. */
function treeOf(output: string): string {
  return output.split("\0", 1)[0] ?? "";
}

/** Reads the records of `git merge-tree -z`: tree, names, an empty record, then messages. */
function conflictOf(output: string): MergeResult {
  const [, ...records] = output.split("\0");
  const end = records.indexOf("");
  const names = [...new Set(records.slice(0, end === -1 ? records.length : end))];
  // Each sentence follows a record with its type alone, such as `CONFLICT (contents)`.
  const messages = records.slice(end + 1).filter((text) => /^CONFLICT \([^)]*\): /.test(text));
  return {
    conflicts: names.slice(0, mostConflicts).map((name) => name.slice(0, longestName)),
    messages: messages.slice(0, mostConflicts).map((text) => text.trimEnd().slice(0, longestName)),
  };
}

/**
 * Writes the `.gitattributes` of the base into an empty directory, and returns this directory. They can set merge drivers
 * such as `union`. Attributes in the work tree may come from a build.
 */
async function writeAttributes(
  context: CellContext,
  { source, gitDirectory }: TreeRepository,
  files: readonly TreeFile[],
): Promise<string> {
  const directory = join(gitDirectory, "attributes");
  await mkdir(directory);
  const wanted = files.filter(({ path }) => /(^|\/)\.gitattributes$/.test(path.toString("latin1")));
  if (wanted.length === 0) return directory;
  const place = [`--git-dir=${gitDirectory}`, "--work-tree=."];
  const env = { GIT_INDEX_FILE: join(gitDirectory, "attributes.index") };
  await gitOutput(context, directory, [...place, "read-tree", source.commit], { env });
  const input = Buffer.concat(wanted.flatMap(({ path }) => [path, Buffer.of(0)]));
  await gitOutput(context, directory, [...place, "checkout-index", "--quiet", "-z", "--stdin"], { env, input });
  return directory;
}

async function commitTree(
  context: CellContext,
  { source, gitDirectory }: TreeRepository,
  theirs: string,
  tree: string,
): Promise<string> {
  const place = `--git-dir=${gitDirectory}`;
  const show = [place, "show", "--no-patch", "--no-show-signature", "--format=%ct", theirs];
  const date = dateOf(await gitOutput(context, gitDirectory, show));
  const branch = branchOf(context.order, source);
  const message = `Merge commit '${theirs}'${branch === "master" ? "" : ` into ${branch}`}\n`;
  const args = [place, "commit-tree", tree, "-p", source.commit, "-p", theirs];
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return await gitOutput(context, gitDirectory, args, { env, input: message });
}

/**
 * A date for git's environment. Git refuses seconds before 1973 and after 2099 without `@`. A commit can have a date that
 * git cannot write, such as one before 1970. Its merge gets the date 0.
 */
function dateOf(seconds: string): string {
  const isWritable = /^\d{1,18}$/.test(seconds.trim());
  return `@${isWritable ? seconds.trim() : "0"} +0000`;
}
