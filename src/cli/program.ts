import { Command, InvalidArgumentError, Option } from "commander";
import { version } from "../system/version.ts";
import { exitMeanings } from "./exit.ts";
import { type Place, type PlaceOptions, placeOf, placeRule } from "./place/place.ts";
import { type TakenToken, tokenIn } from "./place/token.ts";

/** What the program takes from the process it runs in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** The token, which no longer stands in `env`. */
  readonly taken: TakenToken;
}

type PlaceOf = (options: PlaceOptions) => Promise<Place>;
type WorkDirOf = (options: { readonly workDir?: string }) => Promise<string>;

/**
 * The command line as commander knows it: parse it to run a command, or read it to describe one. Each command's code is imported when it
 * runs: `--help` answers at once, and what a command does not need is never loaded. Reading or parsing throws CommanderError where
 * commander would end the process.
 */
export function commandLine({ env, isRoot, taken }: Surroundings): Command {
  const workDirOf: WorkDirOf = async (options) => {
    const { workDirOf } = await import("./place/workDir.ts");
    return workDirOf(options.workDir, env, isRoot);
  };
  const whoseOf: PlaceOf = async (options) => {
    const { isRunning } = await import("../local/lock.ts");
    return placeOf(options, { env, isRoot, isRunning });
  };
  const program = new Command("builderpool")
    .description("Builds every open pull request of a repository with aliBuild, on a pool of warm builders.")
    .version(version)
    .showHelpAfterError("(builderpool <command> --help tells more)")
    .exitOverride()
    .addHelpText(
      "after",
      `
On one machine:
  builderpool doctor -f pool.yaml         whether this machine has what it takes
  builderpool up -f pool.yaml             run the pool: operator, store and builders, until Ctrl-C
  builderpool get builders                who builds what (in a second terminal)
  builderpool explain owner/repo#123      why a pull request is, or is not, built
  builderpool import ali-bot/ci/repo-config > pools.yaml

In a cluster, where \`kubectl apply\` takes the place of \`up\`:
  builderpool get builders -n ci          also as: kubectl builderpool get builders -n ci
  builderpool plan -f pool.yaml -n ci     what applying the file would do

Whose pools? ${placeRule}

Exit codes:
${Object.entries(exitMeanings)
  .map(([code, meaning]) => `  ${code}  ${meaning}`)
  .join("\n")}`,
    );
  addUp(program, taken, workDirOf);
  addDoctor(program, taken, workDirOf);
  addQuestions(program, whoseOf);
  addChanges(program, whoseOf);
  addImport(program);
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
      "end with 0 once every open pull request has a verdict or a stated reason why it is not built, and GitHub has it; no rechecks",
    )
    .addOption(
      new Option("-o, --output <format>", "what to print at the end with --until-idle")
        .choices(["table", "json"])
        .default("table"),
    )
    .option(
      "--token-file <file>",
      "file that holds the GitHub token, open to its owner alone; stands in for GITHUB_TOKEN",
    )
    .addOption(cellUserOption())
    .addOption(listenOption())
    .option("--note <line>", "a line that stays in sight under the table, such as whose machine this is")
    .addOption(
      new Option("--log-level <level>", "JSON lines in builderpool.log of the work folder")
        .choices(["debug", "info", "warn", "silent"])
        .default("info"),
    )
    .addHelpText(
      "after",
      `
GITHUB_TOKEN holds the token; it is handed over a pipe and never to a build. Or name a file with --token-file; or use
spec.github.secretRef and put the files of the Secret into <work folder>/secrets/<name>/, where a new one is used at once.
Ctrl-C once drains: running builds end first (within spec.update.drainTimeout). Ctrl-C twice stops at once; what was running is built again.
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
      "Check whether this machine has what `up` and its builds need; changes nothing, and ends with 1 when something fails",
    )
    .option("-f, --file <file...>", "YAML files with BuilderPools: asks GitHub, git and credentials for what they name")
    .addOption(workDirOption())
    .option(
      "--token-file <file>",
      "file that holds the GitHub token, open to its owner alone; stands in for GITHUB_TOKEN",
    )
    .addOption(cellUserOption())
    .addOption(listenOption())
    .option("--online", "fetch aliBuild from the package index too, which takes a while")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Each line begins with ok, with warn (deserves a look), or with fail (no build can work before it is put right), and says what to do.
With -o json or yaml: findings, each with level, about, message and, where there is something to do, todo. Any fail makes the exit code 1.
With GITHUB_TOKEN, or credentials in <work folder>/secrets/, GitHub is asked once what the credential may do; that costs no request.
`,
    )
    .action(async ({ tokenFile, ...options }) => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      const print = (text: string) => process.stdout.write(text);
      const given = tokenFile === undefined ? token : tokenIn(tokenFile);
      process.exitCode = await doctorCommand({ ...options, workDir: await workDirOf(options), token: given }, print);
    });
}

/** Commands that look and change nothing. */
function addQuestions(program: Command, whoseOf: PlaceOf): void {
  ofPools(program.command("get"))
    .description("Show pools, builders or builds")
    .argument("<kind>", "pools, builders or builds")
    .argument("[names...]", "only these")
    .addOption(outputOption())
    .action(async (kind: string, names: string[], options) => {
      const { getCommand } = await import("./commands/get.ts");
      await getCommand(kind, names, options.output, await whoseOf(options));
    });

  ofPools(program.command("explain"))
    .description("Say why a pull request is, or is not, built: one sentence per check")
    .argument("<pull-request>", "owner/repo#number", pullRequest)
    .action(async (request, options) => {
      const { explainCommand } = await import("./commands/explain.ts");
      await explainCommand(request, await whoseOf(options));
    });

  ofPools(program.command("plan"))
    .description("Show what applying a file would do to the running pools, without doing it")
    .requiredOption("-f, --file <file...>", "YAML files with BuilderPools")
    .action(async (options) => {
      const { planCommand } = await import("./commands/plan.ts");
      await planCommand(options.file, await whoseOf(options));
    });
}

/** Commands that change what runs. */
function addChanges(program: Command, whoseOf: PlaceOf): void {
  ofPools(program.command("scale"))
    .description("Change the number of builders of a pool; new ones warm up first, leaving ones finish their build")
    .argument("<pool>", "name of the pool")
    .argument("<instances>", "number of builders", wholeNumber)
    .action(async (pool: string, instances: number, options) => {
      const { scaleCommand } = await import("./commands/change.ts");
      await scaleCommand(pool, instances, await whoseOf(options));
    });

  ofPools(program.command("restart"))
    .description("Drain one builder, then start it anew; the others take over its pull requests meanwhile")
    .argument("<builder>", "name of the builder")
    .action(async (builder: string, options) => {
      const { restartCommand } = await import("./commands/change.ts");
      await restartCommand(builder, await whoseOf(options));
    });

  ofPools(program.command("drain"))
    .description("Let one builder finish its build and take no other, until it is told to come back")
    .argument("<builder>", "name of the builder")
    .option("--undo", "let it take builds again")
    .action(async (builder: string, options) => {
      const { drainCommand } = await import("./commands/change.ts");
      await drainCommand(builder, options.undo === true, await whoseOf(options));
    });
}

function addImport(program: Command): void {
  program
    .command("import")
    .description("Read a tree of *.env check definitions and write BuilderPools as YAML; findings go to standard error")
    .argument("<dir>", "the folder with DEFAULTS.env and the role folders, such as ali-bot/ci/repo-config")
    .action(async (directory: string) => {
      const { importCommand } = await import("./commands/import.ts");
      process.exitCode = await importCommand(directory, {
        stdout: (text) => process.stdout.write(text),
        stderr: (text) => process.stderr.write(text),
      });
    });
}

/** A command about pools, wherever they run. */
function ofPools(command: Command): Command {
  return command
    .addOption(workDirOption())
    .option(
      "--kubeconfig <file>",
      "how the API server of a cluster is reached (default: KUBECONFIG, or ~/.kube/config)",
    )
    .option("--context <name>", "context of the kubeconfig; the current one when absent")
    .option("-n, --namespace <name>", "namespace of the pools; that of the context when absent", aName)
    .addHelpText("after", `\nWhose pools? ${placeRule}\n`);
}

function workDirOption(): Option {
  return new Option(
    "--work-dir <dir>",
    "work folder: store, logs, build trees (default: /var/lib/builderpool as root, else ~/.local/state/builderpool; BUILDERPOOL_WORK_DIR)",
  ).argParser(folder);
}

function cellUserOption(): Option {
  const users = "one of their own for each builder, 65002 and up";
  return new Option(
    "--cell-user <user>",
    `as whom builds run: name, UID or UID:GID (root only; default for root: ${users})`,
  );
}

function listenOption(): Option {
  return new Option("--listen <address:port>", "where logs and result pages are served").default("127.0.0.1:8089");
}

function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print").choices(["table", "json", "yaml"]).default("table");
}

/** An empty variable of a script does not mean the default. */
function folder(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a folder, found nothing.");
  return text;
}

function aName(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a name, found nothing.");
  return text;
}

function pullRequest(text: string): { readonly repository: string; readonly number: number } {
  const match = /^(?:https:\/\/[^/]+\/)?(?<repository>[^/#\s]+\/[^/#\s]+)(?:#|\/pull\/)(?<number>[1-9][0-9]*)$/.exec(
    text,
  );
  if (match === null) throw new InvalidArgumentError("Expected owner/repo#number, such as AliceO2Group/AliceO2#12345.");
  return { repository: match.groups?.["repository"] ?? "", number: Number(match.groups?.["number"]) };
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError("Expected a whole number from 0 to 1000.");
  return Number(text);
}
