import { access, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order, Source } from "../../api/cell/order.ts";
import type { CellContext } from "../cellContext.ts";
import { emptyFolder, remove, reportLeftover } from "../disk/remove.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { borrow, longestList } from "./borrow.ts";
import { gitOutput, hasCommit } from "./git.ts";

/** Marks a work area that a cell created. The cell may delete unexpected entries only in such an area. */
const marker = ".builderpool-area";
/** Lines of `git ls-files -v` for files that a build excluded from change detection. */
const hiddenChange = /^[a-zS] /m;

/**
 * Checks out every source of the order in the work area, from its mirror alone. Files of earlier builds are not
 * trusted: the repository is recreated around them and the files are reset. A tree that cannot be reset is recreated.
 */
export async function checkout(context: CellContext): Promise<void> {
  const { order, emit } = context;
  await emit({ event: "step", step: "checkout" });
  await removeUnexpected(order);
  for (const source of order.sources) {
    await refuseMissing(context, source);
    const trouble = await reset(context, source).catch((error: unknown) => {
      if (error instanceof InfrastructureFailure && error.reason === "DiskFull") throw error;
      return String(error);
    });
    if (trouble !== undefined) await recreateTree(context, source);
  }
}

/**
 * Removes directories that are no source. aliBuild treats every directory with the name of a package as a development
 * package.
 */
async function removeUnexpected(order: Order): Promise<void> {
  const { area } = order.paths;
  const names = await readdir(area);
  if (names.length === 0) await writeFile(join(area, marker), "");
  if (names.length > 0 && !names.includes(marker)) return;
  const expected = new Set([marker, "sw", ...order.sources.map(({ directory }) => directory)]);
  reportLeftover(await emptyFolder(area, { keep: expected }));
}

async function refuseMissing(context: CellContext, { repository, mirror, commit }: Source): Promise<void> {
  const there = await access(join(mirror, "objects")).then(
    () => true,
    () => false,
  );
  if (!there) {
    throw new InfrastructureFailure(
      "FetchFailed",
      `The mirror of ${repository} cannot be read at ${mirror}; the builder must fetch it again`,
    );
  }
  if (await hasCommit(context, mirror, commit)) return;
  throw new InfrastructureFailure(
    "CommitNotFound",
    `The mirror of ${repository} has no commit ${commit}; the builder must fetch it again`,
  );
}

/** Resets the tree to its commit, on a named branch. Resolves with the reason if the tree must be recreated. */
async function reset(context: CellContext, source: Source): Promise<string | undefined> {
  const tree = join(context.order.paths.area, source.directory);
  if (!(await isDirectory(tree)) || !(await isDirectory(join(tree, ".git")))) return "it does not exist";
  await recreateRepository(context, source, join(tree, ".git"));
  const marks = await gitOutput(context, tree, ["ls-files", "-v"], { maxCapture: longestList });
  if (hiddenChange.test(marks)) return "a build hid changes in it";
  await gitOutput(context, tree, [
    "checkout",
    "--quiet",
    "--force",
    "-B",
    branchOf(context.order, source),
    source.commit,
  ]);
  await gitOutput(context, tree, ["clean", "--quiet", "-ffdx"]);
  return undefined;
}

async function recreateTree(context: CellContext, source: Source): Promise<void> {
  const tree = join(context.order.paths.area, source.directory);
  reportLeftover(await remove(tree));
  await mkdir(join(tree, ".git"), { recursive: true });
  const trouble = await reset(context, source);
  if (trouble !== undefined)
    throw new InfrastructureFailure("SelfTestFailed", `${tree} cannot be recreated: ${trouble}`);
}

/**
 * Recreates `.git` but keeps its index. The index identifies unchanged files, so their times stay and compiled files
 * remain valid. Configuration, hooks, attributes, objects and references of a build are removed. Objects are borrowed
 * from the mirrors.
 */
async function recreateRepository(context: CellContext, source: Source, dotGit: string): Promise<void> {
  const { order } = context;
  const index = await lstat(join(dotGit, "index")).catch(() => undefined);
  const isOwn = index?.isFile() === true && index.nlink === 1;
  reportLeftover(await emptyFolder(dotGit, { keep: new Set(isOwn ? ["index"] : []) }));
  await mkdir(join(dotGit, "objects/info"), { recursive: true });
  await mkdir(join(dotGit, "refs/heads"), { recursive: true });
  const files = {
    HEAD: `ref: refs/heads/${branchOf(order, source)}\n`,
    config: `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = false\n[remote "origin"]\n\turl = ${quote(source.mirror)}\n`,
    ...(await borrow(context, source.mirror, order.pullRequest === undefined ? [] : [order.pullRequest.mirror])),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dotGit, name), text, { flag: "wx" });
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}

/**
 * The branch of a source. Recipes may use the name of alidist's branch in versions, so a detached commit does not
 * suffice.
 */
function branchOf(order: Order, source: Source): string {
  return order.check.developmentPackages.find(({ directory }) => directory === source.directory)?.branch ?? "master";
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
