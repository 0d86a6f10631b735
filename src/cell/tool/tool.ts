import { access, lutimes, mkdir, mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { toolName } from "../../core/definitions/alibuild.ts";
import { ending, type Hands, lastLine, runShort } from "../cellContext.ts";
import { empty, remove } from "../disk/remove.ts";
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
export async function installTool(hands: Hands): Promise<Tool> {
  await hands.emit({ event: "step", step: "tool", message: hands.order.check.tool.alibuild });
  const source = await toolSource(hands);
  const link = join(hands.order.paths.tools, `alibuild-${source.key}`);
  const found = await installed(hands, link);
  if (found !== undefined) return found;
  const directory = await mkdtemp(`${link}-`);
  try {
    await fill(hands, source, directory);
    await writeFile(join(directory, done), `${hands.order.check.tool.alibuild}\n`);
    await point(link, directory);
  } catch (error) {
    await remove(directory);
    throw error;
  }
  const tool = await installed(hands, link);
  if (tool !== undefined) return tool;
  throw failure(hands, `it has no program ${toolName(hands.order.check)}`);
}

async function installed(hands: Hands, link: string): Promise<Tool | undefined> {
  const program = join(link, "programs", toolName(hands.order.check));
  const now = hands.clock.now();
  try {
    await readFile(join(link, done));
    await access(program);
    await lutimes(link, now / 1000, now / 1000).catch(() => {}); // when it was used last; another user's is not ours to delete
  } catch {
    return undefined;
  }
  return { program, python: join(link, "bin/python"), directory: link };
}

async function fill(hands: Hands, source: ToolSource, directory: string): Promise<void> {
  const python = await findPython(
    hands.env["PATH"],
    async (command, args) => (await runShort(hands, command, args)).exitCode === 0,
  );
  if (python === undefined) {
    throw new InfrastructureFailure(
      "SelfTestFailed",
      `No python3 in PATH can make a virtual environment, which aliBuild needs; run ${installPython}`,
    );
  }
  await step(hands, python, ["-I", "-m", "venv", directory]);
  const what = source.repository === undefined ? source.requirement : await fetchTool(hands, source);
  await step(hands, join(directory, "bin/python"), ["-I", "-m", "pip", "install", "--no-cache-dir", "--quiet", what]);
  await empty(hands.order.paths.tmp);
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

async function step(hands: Hands, command: string, args: readonly string[]): Promise<void> {
  const ended = await runShort(hands, command, args, { env: forPip(hands.env, process.env) });
  if (ended.exitCode === 0) return;
  await refuseFullDisk(hands.order, ended.tail);
  throw failure(
    hands,
    `${basename(command)} ${args.includes("pip") ? "-m pip" : "-m venv"} ${ending(ended)}: ${lastLine(ended)}`,
  );
}

/** A link is replaced by rename, so a reader sees the old one or the new one, never none. */
async function point(link: string, directory: string): Promise<void> {
  const fresh = `${directory}.link`;
  await symlink(basename(directory), fresh);
  await rename(fresh, link);
}

function failure(hands: Hands, why: string): InfrastructureFailure {
  return new InfrastructureFailure(
    "ToolInstallFailed",
    `aliBuild ${hands.order.check.tool.alibuild} cannot be installed: ${why}`,
  );
}
