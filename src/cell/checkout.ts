import { access, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order, Source } from "../api/order.ts";
import { git, gitFailure, hasCommit } from "./git.ts";
import type { Hands } from "./hands.ts";
import { InfrastructureFailure } from "./infrastructure.ts";
import { remove } from "./remove.ts";
import { refuseFullDisk } from "./space.ts";

/** Says that a work area was made by a cell, which may then delete what it does not expect there. */
const marker = ".builderpool-area";

/**
 * Brings every source of the order to its commit, in the work area, from its mirror alone. What an earlier build left there is trusted in
 * nothing: the configuration of git is written anew, files are reset, and a tree that cannot be reset is made again.
 */
export async function checkout(hands: Hands): Promise<void> {
  const { order, emit } = hands;
  await emit({ event: "step", step: "checkout" });
  await removeUnexpected(order);
  for (const source of order.sources) {
    await refuseMissing(hands, source);
    if (!(await reset(hands, source).catch(() => false))) await cloneAnew(hands, source);
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

async function refuseMissing(hands: Hands, { repository, mirror, commit }: Source): Promise<void> {
  const there = await access(join(mirror, "objects")).then(
    () => true,
    () => false,
  );
  if (!there) {
    throw new InfrastructureFailure("FetchFailed", `The mirror of ${repository} cannot be read at ${mirror}; fetch it`);
  }
  if (await hasCommit(hands, mirror, commit)) return;
  throw new InfrastructureFailure("CommitNotFound", `The mirror of ${repository} has no commit ${commit}; fetch it`);
}

/** The tree at its commit, on a branch of the name people know; false when it takes a new clone. */
async function reset(hands: Hands, source: Source): Promise<boolean> {
  const tree = join(hands.order.paths.area, source.directory);
  const dotGit = await lstat(join(tree, ".git")).catch(() => undefined);
  if (!(await isDirectory(tree)) || dotGit?.isDirectory() !== true) return false;
  await disarm(hands.order, source, join(tree, ".git"));
  for (const args of [
    ["checkout", "--quiet", "--force", "-B", branchOf(hands.order, source), source.commit],
    ["clean", "--quiet", "-ffdx"],
  ]) {
    if ((await git(hands, tree, args)).exitCode !== 0) return false;
  }
  return true;
}

async function cloneAnew(hands: Hands, source: Source): Promise<void> {
  const tree = join(hands.order.paths.area, source.directory);
  await remove(tree);
  await mkdir(tree);
  const init = ["init", "--quiet", "--template="];
  const ended = await git(hands, tree, init);
  if (ended.exitCode !== 0) {
    await refuseFullDisk(hands.order, ended.tail);
    throw gitFailure(init, ended);
  }
  if (await reset(hands, source)) return;
  await refuseFullDisk(hands.order, true);
  throw new InfrastructureFailure(
    "SelfTestFailed",
    `git cannot check out ${source.repository}@${source.commit} in ${tree}, not even in a new directory`,
  );
}

/** Puts back everything in `.git` that makes git run a program, read another repository, or hide a file. Objects are borrowed from the mirrors. */
async function disarm(order: Order, source: Source, dotGit: string): Promise<void> {
  for (const name of [
    "hooks",
    "info",
    "modules",
    "worktrees",
    "commondir",
    "config.worktree",
    "index.lock",
    "HEAD.lock",
  ])
    await remove(join(dotGit, name));
  for (const name of ["MERGE_HEAD", "shallow"]) await rm(join(dotGit, name), { force: true });
  await replace(
    join(dotGit, "config"),
    `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = false\n[remote "origin"]\n\turl = ${quote(source.mirror)}\n`,
  );
  const mirrors = new Set([source.mirror, ...(order.pullRequest === undefined ? [] : [order.pullRequest.mirror])]);
  const info = join(dotGit, "objects/info");
  if (!(await isDirectory(info))) await remove(info);
  await mkdir(info, { recursive: true });
  await replace(join(info, "alternates"), [...mirrors].map((mirror) => `${join(mirror, "objects")}\n`).join(""));
}

/** Writes a file that may be a planted link now. */
async function replace(path: string, text: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts?.isFile() === true && facts.nlink === 1 && (await readFile(path, "utf8")) === text) return;
  await remove(path);
  await writeFile(path, text, { flag: "wx" });
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
