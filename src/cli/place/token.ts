import { closeSync, readFileSync, statSync } from "node:fs";
import { CommandError, exitCodes } from "../exit.ts";

export interface TakenToken {
  readonly token?: string;
  /** A sentence for people when the token came in a way that other processes can read. */
  readonly warning?: string;
}

/**
 * The GitHub token, read from the pipe on which `bin/builderpool` hands it over. Whatever named it is removed from the
 * environment, so that no child can inherit it.
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
      "this process was started with GITHUB_TOKEN in its environment, where every process of the same user can read it; start bin/builderpool instead, which hands it over a pipe",
  };
}

/** The token in a file, which builds could read if others than its owner can. Throws CommandError with a sentence. */
export function tokenIn(file: string): string {
  let token: string;
  try {
    if ((statSync(file).mode & 0o007) !== 0)
      throw new CommandError(
        exitCodes.usage,
        `--token-file ${file}: every user of this machine may use it, builds among them; run: chmod 600 ${file}`,
      );
    token = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(exitCodes.usage, `--token-file ${file}: cannot be read: ${(error as Error).message}`);
  }
  if (token === "") throw new CommandError(exitCodes.usage, `--token-file ${file}: is empty; expected a GitHub token`);
  return token;
}
