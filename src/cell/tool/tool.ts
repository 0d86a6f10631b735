import { access, lutimes, mkdir, mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { emptyFolder, remove, reportLeftover } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { forPip } from "../environment.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { findPython, installPython } from "./python.ts";
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

/**
 * Returns the check's aliBuild, installed on first use for each version. Two cells may install one version at the same
 * time. Each fills its own directory, then atomically replaces the link with the name of the version.
 */
export async function installTool(context: CellContext): Promise<Tool> {
  await context.emit({ event: "step", step: "tool", message: context.order.check.tool.alibuild });
  const source = await toolSourceOf(context);
  const link = join(context.order.paths.tools, `alibuild-${source.key}`);
  const found = await findInstalled(context, link);
  if (found !== undefined) return found;
  const directory = await mkdtemp(`${link}-`);
  try {
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
  const requirement = source.repository === undefined ? source.requirement : await fetchTool(context, source);
  await runStep(context, join(directory, "bin/python"), [
    "-I",
    "-m",
    "pip",
    "install",
    "--no-cache-dir",
    "--quiet",
    requirement,
  ]);
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
