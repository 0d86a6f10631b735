import { access, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order, Source } from "../../api/cell/order.ts";
import type { CellContext } from "../cellContext.ts";
import { remove } from "../disk/remove.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { borrow, longestList } from "./borrow.ts";
import { gitOutput, hasCommit } from "./git.ts";

/** Says that a work area was made by a cell, which may then delete what it does not expect there. */
const marker = ".builderpool-area";
/** How git lists a file that a build told it never to look at again. */
const hiddenChange = /^[a-zS] /m;

/**
 * Brings every source of the order to its commit, in the work area, from its mirror alone. What an earlier build left there is not
 * trusted: the repository is made anew around the files, the files are reset, and a tree that cannot be reset is made again.
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
    if (trouble !== undefined) await makeAnew(context, source);
  }
}

/** aliBuild takes every directory that is named like a package for a development package: none may stay from another configuration, or appear by a build's doing. */
async function removeUnexpected(order: Order): Promise<void> {
  const { area } = order.paths;
  const names = await readdir(area);
  if (names.length === 0) await writeFile(join(area, marker), "");
  if (names.length > 0 && !names.includes(marker)) return;
  const expected = new Set([marker, "sw", ...order.sources.map(({ directory }) => directory)]);
  for (const name of names.filter((one) => !expected.has(one))) await remove(join(area, name));
}

async function refuseMissing(context: CellContext, { repository, mirror, commit }: Source): Promise<void> {
  const there = await access(join(mirror, "objects")).then(
    () => true,
    () => false,
  );
  if (!there) {
    throw new InfrastructureFailure("FetchFailed", `The mirror of ${repository} cannot be read at ${mirror}; fetch it`);
  }
  if (await hasCommit(context, mirror, commit)) return;
  throw new InfrastructureFailure("CommitNotFound", `The mirror of ${repository} has no commit ${commit}; fetch it`);
}

/** Brings the tree to its commit, on a branch of the name people know. When it takes a new tree, resolves with the reason. */
async function reset(context: CellContext, source: Source): Promise<string | undefined> {
  const tree = join(context.order.paths.area, source.directory);
  if (!(await isDirectory(tree)) || !(await isDirectory(join(tree, ".git")))) return "there is none yet";
  await renewRepository(context, source, join(tree, ".git"));
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

async function makeAnew(context: CellContext, source: Source): Promise<void> {
  const tree = join(context.order.paths.area, source.directory);
  await remove(tree);
  await mkdir(join(tree, ".git"), { recursive: true });
  const trouble = await reset(context, source);
  if (trouble !== undefined)
    throw new InfrastructureFailure("SelfTestFailed", `${tree} cannot be made anew: ${trouble}`);
}

/**
 * Makes `.git` anew around its index, which is kept because it knows which files are unchanged: their times stay, and so what was compiled
 * from them. Configuration, hooks, attributes, objects and references a build may have left are gone; objects are borrowed from the mirrors.
 */
async function renewRepository(context: CellContext, source: Source, dotGit: string): Promise<void> {
  const { order } = context;
  for (const name of await readdir(dotGit)) {
    const facts = await lstat(join(dotGit, name));
    if (name !== "index" || !facts.isFile() || facts.nlink > 1) await remove(join(dotGit, name));
  }
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

/** Recipes may use the name of alidist's branch in versions, so the tree is on a branch, not on a bare commit. */
function branchOf(order: Order, source: Source): string {
  return order.check.developmentPackages.find(({ directory }) => directory === source.directory)?.branch ?? "master";
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
