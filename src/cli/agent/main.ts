import { Command, CommanderError } from "commander";
import { messageOf } from "../../system/messageOf.ts";
import { version } from "../../system/version.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { addAgent } from "./program.ts";

/*
 * The bundle for hosts outside the cluster: only the commands of `builderpool agent`. A host needs this one file and
 * Node. Exit codes are those of `builderpool`.
 */

const program = new Command("builderpool").version(version).exitOverride();
addAgent(program);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else {
    process.stderr.write(`builderpool: ${messageOf(error)}\n`);
    process.exit(error instanceof CommandError ? error.exitCode : exitCodes.failed);
  }
}
