import type { Argument, Command, Option } from "commander";
import { exitMeanings } from "../../src/cli/exit.ts";
import { variables } from "../../src/cli/place/variables.ts";
import { commandLine } from "../../src/cli/program.ts";
import { passed } from "../../src/system/sparseEnvironment.ts";

/** The reference page of the command line, from the definition that the program parses with. */
export function commandsPage(): string {
  const program = commandLine({ env: {}, isRoot: false, taken: {} });
  return `${[
    "# Commands",
    "<!-- Written by `make generate` from src/cli; changes made here are lost. -->",
    `${program.description()}`,
    ...program.commands.map(section),
    "## Exit codes",
    table(["code", "meaning"], Object.entries(exitMeanings)),
    "## Environment variables",
    table(
      ["variable", "meaning"],
      Object.entries(variables).map(([name, meaning]) => [code(name), meaning]),
    ),
    `Builds and git start with an empty environment but for ${passed.map(code).join(", ")}, and of these only those whose value holds no password.`,
  ].join("\n\n")}\n`;
}

function section(command: Command): string {
  const name = `builderpool ${command.name()}`;
  const parts = [`## \`${name}\``, `${command.description()}.`, code(`${name} ${command.usage()}`)];
  const args = command.registeredArguments.map((argument) => [code(argument.name()), meaning(argument)]);
  if (args.length > 0) parts.push(table(["argument", "meaning"], args));
  const options = command.options.map((option) => [code(option.flags), fallback(option), meaning(option)]);
  if (options.length > 0) parts.push(table(["option", "default", "meaning"], options));
  const notes = notesOf(command);
  if (notes !== "") parts.push(`\`\`\`text\n${notes}\n\`\`\``);
  return parts.join("\n\n");
}

function meaning({ description, argChoices }: Argument | Option): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(", ")}`;
}

function fallback({ defaultValue, mandatory }: Option): string {
  if (defaultValue !== undefined) return code(String(defaultValue));
  return mandatory ? "required" : "";
}

/** What stands below the options in `--help`. */
function notesOf(command: Command): string {
  let shown = "";
  command.configureOutput({ writeOut: (text) => (shown += text) });
  command.outputHelp();
  return shown.replace(command.helpInformation(), "").trim();
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(row).join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
