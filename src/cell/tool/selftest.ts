import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromSources, toolNameOf } from "../../core/definitions/alibuild.ts";
import { gitTroubleOf } from "../../core/machine/gitVersion.ts";
import { messageOf } from "../../system/messageOf.ts";
import { type CellContext, lastLineOf, runShort } from "../cellContext.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { testCompiler } from "./compiler.ts";
import type { Tool } from "./tool.ts";

/** The programs that every build needs, with their arguments to print the version. */
export const needed: Readonly<Record<string, readonly string[]>> = {
  git: ["--version"],
  rsync: ["--version"],
  tar: ["--version"],
  gzip: ["--version"],
  bash: ["--version"],
};

/** Checks that every program runs, that the work area can be written, and that the compiler works. Returns the versions. */
export async function selftest(context: CellContext): Promise<Readonly<Record<string, string>>> {
  await context.emit({ event: "step", step: "selftest" });
  const versions: Record<string, string> = {};
  const missing: string[] = [];
  for (const [program, args] of Object.entries(needed)) {
    const version = await versionOf(context, program, args);
    if (version === undefined) missing.push(program);
    else versions[program] = version;
  }
  if (missing.length > 0) {
    const list = missing.join(", ");
    throw selfTestFailure(
      `Builds need ${list}, but the cell cannot run them; run apt-get install -y ${missing.join(" ")} (or dnf)`,
    );
  }
  const trouble = gitTroubleOf(versions["git"] ?? "");
  if (trouble !== undefined) throw selfTestFailure(`${trouble}; install a newer git where builds run`);
  await writeAndRead(context.order.paths.area);
  const compiler = await testCompiler(context);
  return compiler === undefined ? versions : { ...versions, "c++": compiler };
}

/**
 * Checks that the installed aliBuild starts, and accepts the architecture and the options of the check. Returns the
 * versions.
 */
export async function selftestTool(context: CellContext, tool: Tool): Promise<Readonly<Record<string, string>>> {
  const { check } = context.order;
  const name = toolNameOf(check);
  const ended = await runShort(context, tool.program, ["version"]);
  const match = /version: *(?<version>\S+)(?: \((?<architecture>[^)]*)\))?/.exec(ended.tail);
  if (ended.exitCode !== 0) throw selfTestFailure(`${name} version failed: ${lastLineOf(ended)}`);
  const architecture = check.architecture ?? match?.groups?.["architecture"] ?? "";
  if (!(await accepts(context, tool, architecture))) {
    throw selfTestFailure(
      `${name} does not know the architecture ${architecture || "of this machine"}; set spec.architecture, for example slc9_x86-64 or ubuntu2204_x86-64`,
    );
  }
  if (fromSources(check).length > 0 && (await refusesPackages(context, tool))) {
    const version = match?.groups?.["version"] ?? check.tool.alibuild;
    throw selfTestFailure(
      `${name} ${version} cannot build a check without a tarball store: its option --no-system takes no packages; set tool.alibuild to 1.17.30 or newer, or set remoteStore`,
    );
  }
  const python = await versionOf(context, tool.python, ["--version"]);
  return {
    [name]: match?.groups?.["version"] ?? lastLineOf(ended).slice(0, 200),
    architecture,
    ...(python === undefined ? {} : { python }),
  };
}

/** Whether the tool accepts the architecture. True if it cannot be queried: bits, or another version of aliBuild. */
async function accepts(context: CellContext, tool: Tool, architecture: string): Promise<boolean> {
  const refused = 9;
  const question = `import sys\nfrom alibuild_helpers.args import matchValidArch\nsys.exit(0 if matchValidArch(sys.argv[1]) else ${refused})`;
  const ended = await runShort(context, tool.python, ["-I", "-c", question, architecture]);
  return ended.exitCode !== refused;
}

/** Whether `--no-system` takes no list of packages, as in aliBuild before 1.17.30. */
async function refusesPackages(context: CellContext, tool: Tool): Promise<boolean> {
  const { stdout } = await runShort(context, tool.program, ["build", "--help"]);
  return stdout.includes("--no-system]");
}

async function versionOf(context: CellContext, program: string, args: readonly string[]): Promise<string | undefined> {
  const ended = await runShort(context, program, args);
  if (ended.exitCode !== 0) return undefined;
  return (ended.stdout.split("\n")[0] ?? "").trim().slice(0, 200);
}

async function writeAndRead(area: string): Promise<void> {
  const path = join(area, ".builderpool-selftest");
  const data = randomBytes(65_536);
  try {
    await writeFile(path, data, { flush: true });
    if (!(await readFile(path)).equals(data)) throw new Error("the data read differs from the data written");
  } catch (error) {
    throw selfTestFailure(`The disk of ${area} cannot be used: ${messageOf(error)}`);
  } finally {
    await rm(path, { force: true });
  }
}

function selfTestFailure(message: string): InfrastructureFailure {
  return new InfrastructureFailure("SelfTestFailed", message);
}
