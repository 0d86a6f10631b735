import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDiskFull } from "../../system/diskFull.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { CellContext } from "../cellContext.ts";
import { closeFolder, type Folder, openFolder } from "../disk/folder.ts";
import { claimFolder, remove, reportLeftover } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { firstErrorOf, git, gitFailure } from "./git.ts";
import { listFiles, type TreeFile } from "./listing.ts";
import { branchOf, type TreeRepository } from "./repository.ts";
import { adoptFiles, clearTree } from "./worktree.ts";

/** Git cannot write the files of a commit on this file system: a name is too long, or a path is invalid. */
export class UnwritableTree extends InfrastructureFailure {
  /** Git's words. */
  readonly words: string;

  constructor(words: string) {
    super("SelfTestFailed", `git cannot check out a base branch: ${words}`);
    this.words = words;
  }
}

/** Git's words about paths that no machine of this kind can write. Other failures may come from the machine. */
const impossible =
  /File name too long|Illegal byte sequence|invalid path '|Invalid argument|Too many levels|unable to create symlink .*: No such file/i;

/** Longest path that the system accepts, with its end. Git's own message about a longer path is cut off. */
const longestPath = process.platform === "darwin" ? 1024 : 4096;

/**
 * Makes a work tree exactly the files of a commit, and HEAD this commit. Files that are equal byte for byte keep their
 * times. The index is new. Throws UnwritableTree, or an InfrastructureFailure.
 */
export async function writeTree(
  context: CellContext,
  repository: TreeRepository,
  commit: string,
  listed?: readonly TreeFile[],
): Promise<void> {
  const { tree, gitDirectory } = repository;
  const inGit = `--git-dir=${gitDirectory}`;
  setHead(context, repository, commit);
  const [, files] = await firstErrorOf([
    possible(context, ["read-tree", commit], gitDirectory, [inGit]),
    listed === undefined ? filesOf(context, gitDirectory, commit) : Promise.resolve(listed),
  ]);
  try {
    await writeFiles(context, repository, files);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof UnwritableTree || error instanceof InfrastructureFailure) throw error;
    await refuseFullDisk(context.order, isDiskFull(error));
    await startAgain(context, repository, error);
    await writeFiles(context, repository, files);
  }
  await recordTimes(context, inGit, tree);
}

async function filesOf(context: CellContext, gitDirectory: string, commit: string): Promise<readonly TreeFile[]> {
  return (await listFiles(context, gitDirectory, commit)).files;
}

/** Writes the branch of HEAD as git does. The repository is new, and no other process uses it. */
function setHead({ order }: CellContext, { gitDirectory, source }: TreeRepository, commit: string): void {
  const path = join(gitDirectory, "refs/heads", branchOf(order, source));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${commit}\n`);
}

async function writeFiles(context: CellContext, { tree, gitDirectory }: TreeRepository, files: readonly TreeFile[]) {
  const staging = join(gitDirectory, "staging");
  const trash = join(gitDirectory, "trash");
  for (const path of [staging, trash]) {
    reportLeftover(await remove(path));
    mkdirSync(path);
  }
  await withFolders([tree, staging, trash], async (to, from, discarded) => {
    const stale = await clearTree(to, discarded, files, context.signal);
    if (stale.length === 0) return;
    const input = Buffer.concat(stale.flatMap(({ path }) => [path, Buffer.of(0)]));
    const place = [`--git-dir=${gitDirectory}`, "--work-tree=."];
    const tooLong = stale.find(({ path }) => path.length >= longestPath);
    if (tooLong !== undefined) throw new UnwritableTree(shorten(`File name too long: ${tooLong.path.toString()}`));
    await possible(context, ["checkout-index", "--force", "--quiet", "-z", "--stdin"], staging, place, input);
    await adoptFiles(from, to, discarded, context.signal);
  });
  for (const path of [staging, trash]) reportLeftover(await remove(path));
}

/** Runs a git command that the paths of a commit can make fail. */
async function possible(
  context: CellContext,
  args: readonly string[],
  cwd: string,
  place: readonly string[],
  input?: Uint8Array,
): Promise<void> {
  const ended = await git(context, cwd, [...place, ...args], input === undefined ? {} : { input });
  if (ended.exitCode === 0) return;
  const reason = ended.tail.split("\n").findLast((line) => impossible.test(line));
  if (reason !== undefined) throw new UnwritableTree(shorten(reason));
  await refuseFullDisk(context.order, ended.tail);
  throw gitFailure(args, ended);
}

/** Git's words with the middle of long names left out. */
function shorten(line: string): string {
  return line
    .replace(/^(fatal|error): /, "")
    .replaceAll(/[^\s:']{50,}/g, (name) => `${name.slice(0, 20)}…${name.slice(-10)}`)
    .slice(0, 500);
}

/** Deletes a work tree that cannot be cleared, except its repository. */
async function startAgain(context: CellContext, { tree, gitDirectory }: TreeRepository, error: unknown) {
  console.error(`${tree} is recreated: ${messageOf(error)}`);
  const aside = `${tree}.git-aside`;
  reportLeftover(await remove(aside));
  try {
    renameSync(gitDirectory, aside);
    reportLeftover(await remove(tree));
    claimFolder(tree);
    renameSync(aside, gitDirectory);
  } catch (reason) {
    await refuseFullDisk(context.order, isDiskFull(reason));
    throw new InfrastructureFailure("SelfTestFailed", `${tree} cannot be recreated: ${messageOf(reason)}`);
  }
}

/**
 * Records times and sizes of the fresh files in the index, so that aliBuild's git commands do not read every file. Ends
 * with 1 if attributes make an unchanged file count as modified.
 */
async function recordTimes(context: CellContext, inGit: string, tree: string): Promise<void> {
  const args = [inGit, `--work-tree=${tree}`, "update-index", "-q", "--refresh"];
  const ended = await git(context, tree, args);
  if (ended.exitCode === undefined || ended.exitCode > 1) throw gitFailure(args, ended);
}

async function withFolders(
  paths: readonly [string, string, string],
  action: (first: Folder, second: Folder, third: Folder) => Promise<void>,
): Promise<void> {
  const open: Folder[] = [];
  try {
    for (const path of paths) open.push(openFolder(Buffer.from(path)));
    await action(...(open as [Folder, Folder, Folder]));
  } finally {
    for (const folder of open) closeFolder(folder);
  }
}
