import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { exitCodes, exitMeanings } from "../../../src/cli/exit.ts";
import { variables } from "../../../src/cli/place/variables.ts";
import { commandLine } from "../../../src/cli/program.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = join(root, "src/cli");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(folder, path), "utf8"));

function parse(...args: string[]): Promise<unknown> {
  const program = commandLine({ env: {}, isRoot: false, taken: {} });
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut() {}, writeErr() {} });
  return program.parseAsync(args, { from: "user" });
}

describe("the command line", () => {
  it("parses without running a command, and throws where commander would exit", async () => {
    await expect(parse("--help")).rejects.toThrow(CommanderError);
    await expect(parse("up")).rejects.toMatchObject({ code: "commander.missingMandatoryOptionValue" });
    await expect(parse("explain", "hello")).rejects.toThrow(/Expected owner\/repo#number/);
    await expect(parse("scale", "hello", "-1")).rejects.toThrow(CommanderError);
    await expect(parse("nothing")).rejects.toMatchObject({ code: "commander.unknownCommand" });
  });

  it.each([
    ["up -f pool.yaml --log-level verbose", /Allowed choices are debug, info, warn, silent/],
    ["up -f pool.yaml --work-dir ", /--work-dir.* Expected a folder, found nothing/],
    ["get pools --work-dir ", /--work-dir.* Expected a folder, found nothing/],
    ["get pools --namespace ", /--namespace.* Expected a name, found nothing/],
  ])("refuses `%s`: an empty variable of a script or a misspelled word", async (command, sentence) => {
    await expect(parse(...command.split(" "))).rejects.toThrow(sentence);
  });

  it("explains every exit code and every environment variable", () => {
    expect(Object.keys(exitMeanings).map(Number)).toEqual(Object.values(exitCodes));
    const read = sources.flatMap((text) => [...text.matchAll(/env\["(\w+)"\]/g)].map((match) => match[1] ?? ""));
    const own = new Set(read.filter((name) => name !== "BUILDERPOOL_TOKEN_FD")); // Only bin/builderpool sets it.
    expect([...own].sort()).toEqual(Object.keys(variables).sort());
  });

  it("has a reference page with every command", () => {
    const page = readFileSync(join(root, "docs/reference/commands.md"), "utf8");
    const { commands } = commandLine({ env: {}, isRoot: false, taken: {} });
    expect([...page.matchAll(/^## `builderpool (\w+)`$/gm)].map((match) => match[1])).toEqual(
      commands.map((command) => command.name()),
    );
  });
});
