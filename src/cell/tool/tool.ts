import { access, lutimes, mkdir, mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { emptyFolder, remove } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { forPip } from "../environment.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { findPython, installPython } from "./python.ts";
import { fetchTool, type ToolSource, toolSource } from "./toolSource.ts";

export interface Tool {
  /** aliBuild, or bits. */
  readonly program: string;
  /** The interpreter it was installed for. */
  readonly python: string;
  /** Where it is installed. */
  readonly directory: string;
}

/** Programs a build may call by name. */
const programs = ["aliBuild", "alienv", "aliDoctor", "aliDeps", "bits"];
/** Written last: an installation without it was cut short. */
const done = "installed";

/**
 * The check's aliBuild, installed on first use and kept per version. Two cells may install the same version at once: each fills a directory
 * of its own, and a link of the version's name is put in place in one step.
 */
export async function installTool(context: CellContext): Promise<Tool> {
  await context.emit({ event: "step", step: "tool", message: context.order.check.tool.alibuild });
  const source = await toolSource(context);
  const link = join(context.order.paths.tools, `alibuild-${source.key}`);
  const found = await installed(context, link);
  if (found !== undefined) return found;
  const directory = await mkdtemp(`${link}-`);
  try {
    await fill(context, source, directory);
    await writeFile(join(directory, done), `${context.order.check.tool.alibuild}\n`);
    await point(link, directory);
  } catch (error) {
    await remove(directory);
    throw error;
  }
  const tool = await installed(context, link);
  if (tool !== undefined) return tool;
  throw failure(context, `it has no program ${toolNameOf(context.order.check)}`);
}

async function installed(context: CellContext, link: string): Promise<Tool | undefined> {
  const program = join(link, "programs", toolNameOf(context.order.check));
  const now = context.clock.now();
  try {
    await readFile(join(link, done));
    await access(program);
    await lutimes(link, now / 1000, now / 1000).catch(() => {}); // when it was used last; another user's is not ours to delete
  } catch {
    return undefined;
  }
  return { program, python: join(link, "bin/python"), directory: link };
}

async function fill(context: CellContext, source: ToolSource, directory: string): Promise<void> {
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
  await step(context, python, ["-I", "-m", "venv", directory]);
  const what = source.repository === undefined ? source.requirement : await fetchTool(context, source);
  await step(context, join(directory, "bin/python"), ["-I", "-m", "pip", "install", "--no-cache-dir", "--quiet", what]);
  await emptyFolder(context.order.paths.tmp);
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

async function step(context: CellContext, command: string, args: readonly string[]): Promise<void> {
  const ended = await runShort(context, command, args, { env: forPip(context.env, process.env) });
  if (ended.exitCode === 0) return;
  await refuseFullDisk(context.order, ended.tail);
  throw failure(
    context,
    `${basename(command)} ${args.includes("pip") ? "-m pip" : "-m venv"} ${endingOf(ended)}: ${lastLineOf(ended)}`,
  );
}

/** A link is replaced by rename, so a reader sees the old one or the new one, never none. */
async function point(link: string, directory: string): Promise<void> {
  const fresh = `${directory}.link`;
  await symlink(basename(directory), fresh);
  await rename(fresh, link);
}

function failure(context: CellContext, why: string): InfrastructureFailure {
  return new InfrastructureFailure(
    "ToolInstallFailed",
    `aliBuild ${context.order.check.tool.alibuild} cannot be installed: ${why}`,
  );
}
