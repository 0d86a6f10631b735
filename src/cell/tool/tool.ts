import {
  access,
  chmod,
  constants,
  lutimes,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { claimFolder, emptyFolder, remove, reportLeftover } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { forPip } from "../environment.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { findPython, installPython } from "./python.ts";
import { lockedPython, lockedRequirementsOf } from "./requirements.ts";
import { fetchTool, type ToolSource, toolSourceOf } from "./toolSource.ts";

/** An installed aliBuild. */
export interface Tool {
  /** Path of aliBuild, or of bits. */
  readonly program: string;
  /** The interpreter of its virtual environment. */
  readonly python: string;
  /** Installation directory. */
  readonly directory: string;
}

/** Programs that a build may call by name. */
const programs = ["aliBuild", "alienv", "aliDoctor", "aliDeps", "bits"];
/** The last file of an installation. Without this file the installation was interrupted. */
const completeMarker = "installed";
/** Builds use the tool as another user. */
const readable = 0o755;

/** The folder in HOME for a tool that is the code of a pull request. HOME is new for each order. */
const proposedTools = ".tools";

/**
 * Returns the check's aliBuild. The base cell installs it on first use of each version, and atomically replaces the link
 * with the name of the version. The build cell only finds it there, because builds cannot change a shared tool, except
 * where both cells are one user. A tool that is the code of the pull request itself is installed in HOME.
 */
export async function installTool(context: CellContext): Promise<Tool> {
  await context.emit({ event: "step", step: "tool", message: context.order.check.tool.alibuild });
  const { cell, paths } = context.order;
  const source = await toolSourceOf(context);
  const isProposed = source.isProposed === true;
  const folder = isProposed ? join(paths.home, proposedTools) : paths.tools;
  const link = join(folder, `alibuild-${source.key}`);
  const found = await findInstalled(context, link);
  if (found !== undefined) return found;
  if (cell === "build" && !isProposed && !(await isWritable(folder)))
    throw installFailure(context, `it is not in ${folder}; the base cell installs it before the next build`);
  if (isProposed) claimFolder(folder);
  const directory = await mkdtemp(`${link}-`);
  try {
    await chmod(directory, readable);
    await fillDirectory(context, source, directory);
    await writeFile(join(directory, completeMarker), `${context.order.check.tool.alibuild}\n`);
    await replaceLink(link, directory);
  } catch (error) {
    reportLeftover(await remove(directory));
    throw error;
  }
  const tool = await findInstalled(context, link);
  if (tool !== undefined) return tool;
  throw installFailure(context, `the installation has no program ${toolNameOf(context.order.check)}`);
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function findInstalled(context: CellContext, link: string): Promise<Tool | undefined> {
  const program = join(link, "programs", toolNameOf(context.order.check));
  const now = context.clock.now();
  try {
    await readFile(join(link, completeMarker));
    await access(program);
    await lutimes(link, now / 1000, now / 1000).catch(() => {}); // records the last use; fails for a link of another user, which is never cleaned up here
  } catch {
    return undefined;
  }
  return { program, python: join(link, "bin/python"), directory: link };
}

async function fillDirectory(context: CellContext, source: ToolSource, directory: string): Promise<void> {
  const python = await findPython(
    context.env["PATH"],
    async (command, args) => (await runShort(context, command, args)).exitCode === 0,
  );
  if (python === undefined) {
    throw new InfrastructureFailure(
      "SelfTestFailed",
      `No python3 in PATH can make a virtual environment, which aliBuild needs; run ${installPython}`,
    );
  }
  await runStep(context, python, ["-I", "-m", "venv", directory]);
  const own = join(directory, "bin/python");
  const wanted =
    source.repository === undefined ? await releaseOf(context, own, source) : await fetchTool(context, source);
  await runStep(context, own, ["-I", "-m", "pip", "install", "--no-cache-dir", "--quiet", ...[wanted].flat()]);
  reportLeftover(await emptyFolder(context.order.paths.tmp));
  await mkdir(join(directory, "programs"));
  for (const name of programs) {
    const program = join(directory, "bin", name);
    const there = await access(program).then(
      () => true,
      () => false,
    );
    if (there) await symlink(join("../bin", name), join(directory, "programs", name));
  }
}

/** Arguments of pip for a release: with all hashes if they are known, and if this Python has the locked packages. */
async function releaseOf(
  context: CellContext,
  python: string,
  { key, requirement }: Extract<ToolSource, { requirement: string }>,
): Promise<readonly string[]> {
  const locked = lockedRequirementsOf(key);
  const isNew = ["-I", "-c", `import sys; sys.exit(sys.version_info < ${lockedPython})`];
  if (locked === undefined || (await runShort(context, python, isNew)).exitCode !== 0) return [requirement];
  const file = join(context.order.paths.tmp, "requirements.txt");
  await writeFile(file, locked);
  return ["--require-hashes", "--requirement", file];
}

async function runStep(context: CellContext, command: string, args: readonly string[]): Promise<void> {
  const ended = await runShort(context, command, args, { env: forPip(context.env, process.env) });
  if (ended.exitCode === 0) return;
  await refuseFullDisk(context.order, ended.tail);
  throw installFailure(
    context,
    `${basename(command)} ${args.includes("pip") ? "-m pip" : "-m venv"} ${endingOf(ended)}: ${lastLineOf(ended)}`,
  );
}

/** Replaces a link by rename, so a reader always sees the old or the new link. */
async function replaceLink(link: string, directory: string): Promise<void> {
  const fresh = `${directory}.link`;
  await symlink(basename(directory), fresh);
  await rename(fresh, link);
}

function installFailure(context: CellContext, reason: string): InfrastructureFailure {
  return new InfrastructureFailure(
    "ToolInstallFailed",
    `aliBuild ${context.order.check.tool.alibuild} cannot be installed: ${reason}`,
  );
}
