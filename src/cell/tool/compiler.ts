import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkDefaults } from "../../api/objects/checkDefaults.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { remove, reportLeftover } from "../disk/remove.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/** A program that needs the headers, the standard library and exceptions. */
const source = `#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

int main() {
  std::vector<std::string> words{"self", "test"};
  try {
    throw std::runtime_error(words.at(0) + words.at(1));
  } catch (const std::exception& error) {
    std::cout << error.what() << std::endl;
  }
  return 0;
}
`;
const expected = "selftest";

/**
 * Compiles, links and runs a small C++ program in the work area, with the environment of the check. Returns the version
 * of the compiler, or undefined for a check without a compiler. Throws the InfrastructureFailure SelfTestFailed with the
 * first error.
 */
export async function testCompiler(context: CellContext): Promise<string | undefined> {
  const { check, paths } = context.order;
  const compiler = check.compiler ?? checkDefaults.compiler;
  if (compiler === "") return undefined;
  const folder = join(paths.area, ".builderpool-compiler");
  reportLeftover(await remove(folder));
  try {
    await mkdir(folder);
    await writeFile(join(folder, "test.cxx"), source, { flag: "wx" });
    const version = await step(context, folder, compiler, ["--version"], "does not start");
    await step(context, folder, compiler, ["-c", "test.cxx", "-o", "test.o"], "cannot compile a small program");
    await step(context, folder, compiler, ["test.o", "-o", "test"], "cannot link a small program");
    const output = await step(context, folder, join(folder, "test"), [], "built a program that does not run");
    if (output.trim() !== expected) {
      throw failure(context, `built a program that printed ${JSON.stringify(output.slice(0, 100))}, not "${expected}"`);
    }
    return version.split("\n")[0]?.slice(0, 200);
  } finally {
    reportLeftover(await remove(folder));
  }
}

/** Runs one command and returns its output. Throws with the first error line. */
async function step(
  context: CellContext,
  cwd: string,
  command: string,
  args: readonly string[],
  problem: string,
): Promise<string> {
  const ended = await runShort(context, command, args, { cwd, env: { ...context.env, ...context.order.check.env } });
  if (ended.exitCode === 0) return ended.stdout;
  await refuseFullDisk(context.order, ended.tail);
  const error = ended.tail.split("\n").find((line) => /error|cannot|undefined|not found/i.test(line));
  throw failure(context, `${problem} (${endingOf(ended)}): ${error?.trim().slice(0, 300) ?? lastLineOf(ended)}`);
}

function failure({ order }: CellContext, problem: string): InfrastructureFailure {
  const { compiler = checkDefaults.compiler, name } = order.check;
  return new InfrastructureFailure(
    "SelfTestFailed",
    `The compiler ${compiler} of check ${name} ${problem}; repair it, or set compiler to "" if no build needs one`,
  );
}
