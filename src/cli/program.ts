import { Command, Option } from "commander";
import { version } from "../system/version.ts";
import { addAgent } from "./agent/program.ts";
import { exitMeanings } from "./exit.ts";
import { addHostCommands } from "./hostCommands.ts";
import {
  aName,
  cellUserOption,
  listenOption,
  ofPools,
  outputOption,
  pullRequest,
  wholeNumber,
  workDirOption,
} from "./options.ts";
import { type Place, type PlaceOptions, placeOf, placeRule } from "./place/place.ts";
import { type TakenToken, tokenIn } from "./place/token.ts";

/** Inputs of the program from its process. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** The GitHub token, already removed from `env`. */
  readonly taken: TakenToken;
}

type PlaceOf = (options: PlaceOptions) => Promise<Place>;
type WorkDirOf = (options: { readonly workDir?: string }) => Promise<string>;

/**
 * The command line as a commander program. Parse it to run a command, or read it to describe the commands. Each command
 * loads its code when it runs, so `--help` is fast. Parsing throws CommanderError where commander would otherwise exit
 * the process.
 */
export function commandLine({ env, isRoot, taken }: Surroundings): Command {
  const workDirOf: WorkDirOf = async (options) => {
    const { workDirOf } = await import("./place/workDir.ts");
    return workDirOf(options.workDir, env, isRoot);
  };
  const placeOfCommand: PlaceOf = async (options) => {
    const { isRunning } = await import("../builder/machine/lock.ts");
    return placeOf(options, { env, isRoot, isRunning });
  };
  const program = new Command("builderpool")
    .description("Builds the open pull requests of repositories with aliBuild, on a pool of warm builders.")
    .version(version)
    .showHelpAfterError("(for details: builderpool <command> --help)")
    .exitOverride()
    .addHelpText(
      "after",
      `
On one machine:
  builderpool doctor -f pool.yaml         check whether this machine can run the pool
  builderpool up -f pool.yaml             run the pool: operator, store and builders, until Ctrl-C
  builderpool get builders                show each builder and its build (in a second terminal)
  builderpool explain owner/repo#123      show why a pull request is built, or why not
  builderpool import ali-bot/ci/repo-config > pools.yaml

In a cluster, with \`kubectl apply\` instead of \`up\`:
  builderpool get builders -n ci          the same: kubectl builderpool get builders -n ci
  builderpool plan -f pool.yaml -n ci     show the effect of applying the file

Machine or cluster: ${placeRule}

Exit codes:
${Object.entries(exitMeanings)
  .map(([code, meaning]) => `  ${code}  ${meaning}`)
  .join("\n")}`,
    );
  addUp(program, taken, workDirOf);
  addDoctor(program, taken, workDirOf);
  addReadCommands(program, placeOfCommand);
  addCompare(program, placeOfCommand);
  addWriteCommands(program, placeOfCommand);
  addHostCommands(program, placeOfCommand);
  addImport(program);
  addAgent(program);
  return program;
}

function addUp(program: Command, { token, warning }: TakenToken, workDirOf: WorkDirOf): void {
  program
    .command("up")
    .description("Run pools on this machine: operator, store and builders in one process")
    .requiredOption("-f, --file <file...>", "YAML files with BuilderPools")
    .addOption(workDirOption())
    .option(
      "--until-idle",
      "exit with 0 when GitHub has, for every open pull request, a verdict or the reason why it is not built; no rechecks",
    )
    .addOption(
      new Option("-o, --output <format>", "format of the final list with --until-idle")
        .choices(["table", "json"])
        .default("table"),
    )
    .option(
      "--token-file <file>",
      "file that holds the GitHub token, open to its owner alone; stands in for GITHUB_TOKEN",
    )
    .addOption(cellUserOption())
    .addOption(listenOption())
    .option("--note <line>", "text to keep under the table, such as the owner of this machine")
    .addOption(
      new Option("--log-level <level>", "level of the JSON lines in builderpool.log of the work folder")
        .choices(["debug", "info", "warn", "silent"])
        .default("info"),
    )
    .addHelpText(
      "after",
      `
Set GITHUB_TOKEN to the GitHub token. The token goes through a pipe and never reaches a build. Or name a file with --token-file.
Or use spec.github.secretRef and put the files of the Secret into <work folder>/secrets/<name>/. Changes there apply at once.
Ctrl-C once drains: running builds finish first, within spec.update.drainTimeout. Ctrl-C twice stops at once; the next \`up\` repeats
the stopped builds.
`,
    )
    .action(async ({ tokenFile, ...options }) => {
      const { upCommand } = await import("./up/up.ts");
      const given = tokenFile === undefined ? { token, warning } : { token: tokenIn(tokenFile), warning: undefined };
      await upCommand({ ...options, workDir: await workDirOf(options), ...given });
    });
}

function addDoctor(program: Command, { token }: TakenToken, workDirOf: WorkDirOf): void {
  program
    .command("doctor")
    .description(
      "Check whether this machine meets the needs of `up` and its builds; changes nothing, and exits with 1 when a check fails",
    )
    .option(
      "-f, --file <file...>",
      "YAML files with BuilderPools: also checks their repositories, branches and credentials",
    )
    .addOption(workDirOption())
    .option(
      "--token-file <file>",
      "file that holds the GitHub token, open to its owner alone; stands in for GITHUB_TOKEN",
    )
    .addOption(cellUserOption())
    .addOption(listenOption())
    .option("--online", "also fetch aliBuild from the package index; this is slow")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Each line begins with ok, warn (check this) or fail (builds cannot work), and says how to fix a problem.
With -o json or yaml: findings, each with level, about, message and, if there is a fix, todo. Any fail makes the exit code 1.
With GITHUB_TOKEN, or credentials in <work folder>/secrets/, the command asks GitHub once for the rights of the credential. This does not
count against the rate limit.
`,
    )
    .action(async ({ tokenFile, ...options }) => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      const print = (text: string) => process.stdout.write(text);
      const given = tokenFile === undefined ? token : tokenIn(tokenFile);
      process.exitCode = await doctorCommand({ ...options, workDir: await workDirOf(options), token: given }, print);
    });
}

/** Commands that only read. */
function addReadCommands(program: Command, placeOfCommand: PlaceOf): void {
  ofPools(program.command("get"))
    .description("Show pools, builders or builds")
    .argument("<kind>", "pools, builders or builds")
    .argument("[names...]", "show only these objects")
    .addOption(outputOption())
    .action(async (kind: string, names: string[], options) => {
      const { getCommand } = await import("./commands/get.ts");
      await getCommand(kind, names, options.output, await placeOfCommand(options));
    });

  ofPools(program.command("explain"))
    .description("Show why a pull request is built, or why not: one sentence per check")
    .argument("<pull-request>", "owner/repo#number", pullRequest)
    .action(async (request, options) => {
      const { explainCommand } = await import("./commands/explain.ts");
      await explainCommand(request, await placeOfCommand(options));
    });

  ofPools(program.command("plan"))
    .description("Show the effect of applying a file on the running pools; changes nothing")
    .requiredOption("-f, --file <file...>", "YAML files with BuilderPools")
    .action(async (options) => {
      const { planCommand } = await import("./commands/plan.ts");
      await planCommand(options.file, await placeOfCommand(options));
    });
}

/** The comparison of a silent pool with another pool, or with another system. */
function addCompare(program: Command, placeOfCommand: PlaceOf): void {
  ofPools(program.command("compare"))
    .description(
      "Compare the verdicts of a silent pool or builder with published results; exits with 1 when one disagrees",
    )
    .argument("<pool>", "name of the pool with silent verdicts")
    .option(
      "--with <side>",
      "compare only with this pool, or with `github`: statuses of another program (default: all)",
      aName,
    )
    .addOption(outputOption())
    .action(async (pool: string, options) => {
      const { compareCommand } = await import("./commands/compare.ts");
      process.exitCode = await compareCommand(pool, options, await placeOfCommand(options));
    });
}

/** Commands that change the running pools. */
function addWriteCommands(program: Command, placeOfCommand: PlaceOf): void {
  ofPools(program.command("scale"))
    .description(
      "Change the number of builders of a pool; new builders warm up first, removed builders finish their build",
    )
    .argument("<pool>", "name of the pool")
    .argument("<instances>", "number of builders", wholeNumber)
    .action(async (pool: string, instances: number, options) => {
      const { scaleCommand } = await import("./commands/change.ts");
      await scaleCommand(pool, instances, await placeOfCommand(options));
    });

  ofPools(program.command("restart"))
    .description("Drain one builder, then restart it; the others take over its pull requests meanwhile")
    .argument("<builder>", "name of the builder")
    .action(async (builder: string, options) => {
      const { restartCommand } = await import("./commands/change.ts");
      await restartCommand(builder, await placeOfCommand(options));
    });

  ofPools(program.command("clean"))
    .description("Let one builder finish its build, throw its trees away and warm up again")
    .argument("<builder>", "name of the builder")
    .option("--check <name>", "throw away only the trees of this check")
    .action(async (builder: string, options) => {
      const { cleanCommand } = await import("./commands/change.ts");
      await cleanCommand(builder, options.check, await placeOfCommand(options));
    });

  ofPools(program.command("drain"))
    .description("Let one builder finish its build and take no new one, until --undo")
    .argument("<builder>", "name of the builder")
    .option("--undo", "let the builder take builds again")
    .action(async (builder: string, options) => {
      const { drainCommand } = await import("./commands/change.ts");
      await drainCommand(builder, options.undo === true, await placeOfCommand(options));
    });
}

function addImport(program: Command): void {
  program
    .command("import")
    .description("Convert a tree of *.env check definitions to BuilderPools in YAML; findings go to standard error")
    .argument("<dir>", "the folder with DEFAULTS.env and the role folders, such as ali-bot/ci/repo-config")
    .action(async (directory: string) => {
      const { importCommand } = await import("./commands/import.ts");
      process.exitCode = await importCommand(directory, {
        stdout: (text) => process.stdout.write(text),
        stderr: (text) => process.stderr.write(text),
      });
    });
}
