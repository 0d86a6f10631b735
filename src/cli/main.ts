import { CommanderError } from "commander";
import { messageOf } from "../system/messageOf.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { takeToken } from "./place/token.ts";
import { commandLine } from "./program.ts";

/** A reader that has seen enough, such as `head`, or a terminal that was closed, is no failure. A full disk is one, but ends nothing that runs. */
let lost: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && !(error.code === "EIO" && stream.isTTY)) lost ??= error;
  });
}
process.once("beforeExit", () => {
  if (lost === undefined) return;
  process.stderr.write(`builderpool: not everything could be printed: ${lost.message}\n`);
  process.exitCode ||= exitCodes.failed;
});

try {
  const taken = takeToken(process.env);
  await commandLine({ env: process.env, isRoot: process.getuid?.() === 0, taken }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else {
    process.stderr.write(`builderpool: ${messageOf(error)}\n`);
    // an `up` that failed half-way would live on with the work folder in its hands
    process.exit(error instanceof CommandError ? error.exitCode : exitCodes.failed);
  }
}
