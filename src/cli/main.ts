import { CommanderError } from "commander";
import { messageOf } from "../system/messageOf.ts";
import { isProxyOff, proxyIn, useProxy } from "../system/proxy.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { takeToken } from "./place/token.ts";
import { commandLine } from "./program.ts";

/**
 * First write error. A closed pipe or terminal is no error, as with `head`. A full disk is an error, but stops no
 * running command.
 */
let writeError: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && !(error.code === "EIO" && stream.isTTY)) writeError ??= error;
  });
}
process.once("beforeExit", () => {
  if (writeError === undefined) return;
  process.stderr.write(`builderpool: some output could not be written: ${writeError.message}\n`);
  process.exitCode ||= exitCodes.failed;
});

try {
  const taken = takeToken(process.env);
  const commands = commandLine({ env: process.env, isRoot: process.getuid?.() === 0, taken });
  if (!isProxyOff(process.env)) commands.hook("preAction", () => useProxy(proxyIn(process.env)));
  await commands.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else {
    process.stderr.write(`builderpool: ${messageOf(error)}\n`);
    // Without this exit, an `up` with a failed start would keep running and keep its lock on the work folder.
    process.exit(error instanceof CommandError ? error.exitCode : exitCodes.failed);
  }
}
