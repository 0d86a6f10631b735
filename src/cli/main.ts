import { CommanderError } from "commander";
import { CommandError, exitCodes } from "./exit.ts";
import { commandLine } from "./program.ts";
import { takeToken } from "./token.ts";

/** A reader that has seen enough, such as `head`, is no failure. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

try {
  const taken = takeToken(process.env);
  await commandLine({ env: process.env, isRoot: process.getuid?.() === 0, taken }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else {
    process.stderr.write(`builderpool: ${error instanceof Error ? error.message : String(error)}\n`);
    // an `up` that failed half-way would live on with the work folder in its hands
    process.exit(error instanceof CommandError ? error.exitCode : exitCodes.failed);
  }
}
