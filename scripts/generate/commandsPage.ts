import type { Argument, Command, Option } from "commander";
import { exitMeanings } from "../../src/cli/exit.ts";
import { variables } from "../../src/cli/place/variables.ts";
import { commandLine } from "../../src/cli/program.ts";
import { passedVariables } from "../../src/system/sparseEnvironment.ts";
import { code, sentence, table, wrapped } from "./markdown.ts";

/** Returns the reference page of the command line, from the definition that parses the arguments. */
export function commandsPage(): string {
  const program = commandLine({ env: {}, isRoot: false, taken: {} });
  return `${[
    "# Commands",
    "<!-- Written by `make generate` from src/cli; changes made here are lost. -->",
    sentence(program.description()),
    ...program.commands.flatMap(sections),
    "## Exit codes",
    lines(
      ["code", "meaning"],
      Object.entries(exitMeanings).map(([status, text]) => [status, sentence(text)]),
    ),
    "## Environment variables",
    lines(
      ["variable", "meaning"],
      Object.entries(variables).map(([name, text]) => [code(name), sentence(text)]),
    ),
    wrapped(
      `Builds and git start with an empty environment. Only these variables are passed on: ${passedVariables.map(code).join(", ")}. A value with a password in it is not passed on, and \`up\` and \`doctor\` say so. All programs read the variables of a proxy alike: small letters win, an address needs no scheme, and \`http_proxy\` alone serves HTTPS too. In \`no_proxy\` a domain includes its hosts, \`*.x\` means \`.x\`, and a port is left out. Only git and builds read networks such as \`10.0.0.0/8\`: name the servers of GitHub and logs. \`NODE_EXTRA_CA_CERTS\` adds authorities for GitHub, logs and S3, and for git and builds of \`up\`. \`SSL_CERT_FILE\` replaces the authorities of all of them.`,
    ),
  ].join("\n\n")}\n`;
}

/** The section of a command, and those of its commands. */
function sections(command: Command): readonly string[] {
  const below = command.createHelp().visibleCommands(command);
  return [section(command), ...below.filter((each) => each.name() !== "help").flatMap(sections)];
}

function section(command: Command): string {
  const isBelow = command.parent?.parent != null;
  const name = `builderpool ${isBelow ? `${command.parent?.name()} ` : ""}${command.name()}`;
  const parts = [
    `${isBelow ? "###" : "##"} \`${name}\``,
    wrapped(sentence(command.description())),
    code(`${name} ${command.usage()}`),
  ];
  const args = command.registeredArguments.map((argument) => [code(argument.name()), meaningOf(argument)]);
  if (args.length > 0) parts.push(lines(["argument", "meaning"], args));
  const options = command.options.map((option) => [code(option.flags), defaultOf(option), meaningOf(option)]);
  if (options.length > 0) parts.push(lines(["option", "default", "meaning"], options));
  const notes = notesOf(command);
  if (notes !== "") parts.push(`\`\`\`text\n${notes}\n\`\`\``);
  return parts.join("\n\n");
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(head, rows).join("\n");
}

function meaningOf({ description, argChoices }: Argument | Option): string {
  return sentence(argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(", ")}`);
}

function defaultOf({ defaultValue, mandatory }: Option): string {
  if (defaultValue !== undefined) return code(String(defaultValue));
  return mandatory ? "required" : "";
}

/** Returns the text below the options in `--help`. */
function notesOf(command: Command): string {
  let output = "";
  command.configureOutput({ writeOut: (text) => (output += text) });
  command.outputHelp();
  return output.replace(command.helpInformation(), "").trim();
}
