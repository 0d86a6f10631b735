import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { aName, portNumber } from "../options.ts";

/** Adds the commands of a host outside the cluster. Each loads its code when it runs. */
export function addAgent(program: Command): void {
  const agent = program.command("agent").description("Run this machine as a builder of a pool in a cluster");

  agent
    .command("enrol")
    .description("Trade the code of `join` for a credential, and install the agent as a service; needs root")
    .argument("<code>", "`-` for standard input, or a file with the code")
    .option("--name <name>", "refuse a code for another host", aName)
    .option("--cell-user <user>", "account of builds that nobody logs in with (default on Linux: a free id from 63002)")
    .option(
      "--base-user <user>",
      "account of base branches (default: the name of the cell user and -base, or its id + 1000)",
    )
    .option("--work-dir <dir>", "folder of the builds, on a disk of its own")
    .option("--port <port>", "port of health and metrics on 127.0.0.1 (default: a free port)", portNumber)
    .option("--no-install", "install no service")
    .addOption(stateDirOption())
    .addHelpText(
      "after",
      `
The code arrives on standard input or in a file, never as an argument: every user of a machine can read arguments.
  builderpool join mac01 -n ci | ssh mac01 sudo sh builderpool-agent.mjs agent enrol - --cell-user alibuild --work-dir /build/o2
A second call replaces the credential, and keeps each setting that is not given again.
`,
    )
    .action(async (source: string, options) => {
      const { enrolCommand } = await import("./enrol.ts");
      await enrolCommand(source, options, (line) => process.stdout.write(`${line}\n`));
    });

  agent
    .command("run")
    .description("Run the agent until SIGTERM: the first one drains, the second one stops at once")
    .argument("<name>", "name of the host", aName)
    .addOption(stateDirOption())
    .option("--log-file <file>", "file for the log, rotated at 16 MiB (default: standard error)")
    .addOption(
      new Option("--log-level <level>", "lowest level of logged lines")
        .choices(["debug", "info", "warn"])
        .default("info"),
    )
    .action(async (name: string, options) => {
      const { runCommand } = await import("./run.ts");
      await runCommand(name, options);
    });
  addStatus(agent);
  addDoctor(agent);
  addUpdate(agent);
}

function addStatus(agent: Command): void {
  agent
    .command("status")
    .description("Show the agents of this machine: connection, credential, phase, last verdict and what is wrong")
    .argument("[name]", "name of the host (default: all agents)", aName)
    .addOption(stateDirOption())
    .action(async (name: string | undefined, { stateDir }) => {
      const { statusCommand } = await import("./status.ts");
      process.exitCode = await statusCommand(name, stateDir, (line) => process.stdout.write(`${line}\n`));
    });
}

function addDoctor(agent: Command): void {
  agent
    .command("doctor")
    .description(
      "Prove that this machine can build: a fleeing process is killed, disk, tools, network, clock and power",
    )
    .argument("[name]", "name of the host (default: all agents)", aName)
    .addOption(stateDirOption())
    .action(async (name: string | undefined, { stateDir }) => {
      const { agentDoctorCommand } = await import("./doctor.ts");
      process.exitCode = await agentDoctorCommand(name, stateDir, (line) => process.stdout.write(`${line}\n`));
    });
}

function addUpdate(agent: Command): void {
  agent
    .command("update")
    .description("Unpack a new version beside the running one, check it, and let the agent drain and switch to it")
    .argument("<bundle>", "file or https address of builderpool-agent.mjs")
    .requiredOption("--sha256 <digest>", "SHA-256 of the bundle, from SHA256SUMS of its release", sha256)
    .option("--name <name>", "update only this agent (default: all agents of the machine)", aName)
    .addOption(stateDirOption())
    .addHelpText(
      "after",
      `
The previous version returns if the new one is not Ready or Warming within 5 min, or fails to start three times.
`,
    )
    .action(async (bundle: string, options) => {
      const { updateCommand } = await import("./update.ts");
      await updateCommand(bundle, options, (line) => process.stdout.write(`${line}\n`));
    });

  agent.command("self-check", { hidden: true }).action(async () => {
    const { selfCheckCommand } = await import("./update.ts");
    await selfCheckCommand((line) => process.stdout.write(`${line}\n`));
  });
}

function sha256(text: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError("Expected 64 hexadecimal digits.");
  return text;
}

function stateDirOption(): Option {
  return new Option(
    "--state-dir <dir>",
    "folder with the credential (default: /var/lib/builderpool/NAME, on macOS /var/db/builderpool/NAME)",
  );
}
