import { closeSync, readFileSync, statSync } from "node:fs";
import { CommandError, exitCodes } from "../exit.ts";

/** The GitHub token of the process. */
export interface TakenToken {
  readonly token?: string;
  /** A sentence for people when other processes can read the token. */
  readonly warning?: string;
}

/**
 * Reads the GitHub token from the pipe of `bin/builderpool`. Removes the token's variables from the environment, so no
 * child process inherits it.
 */
export function takeToken(env: NodeJS.ProcessEnv): TakenToken {
  const descriptor = env["BUILDERPOOL_TOKEN_FD"];
  const inherited = env["GITHUB_TOKEN"];
  delete env["BUILDERPOOL_TOKEN_FD"];
  delete env["GITHUB_TOKEN"];
  if (descriptor !== undefined && /^[0-9]+$/.test(descriptor)) {
    const token = readFileSync(Number(descriptor), "utf8").trim();
    closeSync(Number(descriptor));
    return token === "" ? {} : { token };
  }
  if (inherited === undefined || inherited === "") return {};
  return {
    token: inherited,
    warning:
      "this process has GITHUB_TOKEN in its environment, so every process of the same user can read it; start bin/builderpool instead: it passes the token through a pipe",
  };
}

/**
 * Reads the token from a file. Throws CommandError when the file is unreadable, empty, or readable by other users:
 * builds could read it.
 */
export function tokenIn(file: string): string {
  let token: string;
  try {
    if ((statSync(file).mode & 0o007) !== 0)
      throw new CommandError(
        exitCodes.usage,
        `--token-file ${file}: every user of this machine can read or change it, also builds; run: chmod 600 ${file}`,
      );
    token = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(exitCodes.usage, `--token-file ${file}: cannot be read: ${(error as Error).message}`);
  }
  if (token === "") throw new CommandError(exitCodes.usage, `--token-file ${file}: is empty; expected a GitHub token`);
  return token;
}
