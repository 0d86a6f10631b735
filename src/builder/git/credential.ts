import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../system/messageOf.ts";
import { MirrorFailure } from "./failure.ts";

/** A user name and a token for git over HTTP. */
export interface GitCredential {
  readonly username: string;
  readonly token: string;
}

/**
 * Returns the credential of a pool for its server; undefined if the pool names none. Throws MirrorFailure without it.
 */
export type GitCredentials = (pool: {
  readonly gitUrl: string;
  readonly gitSecret?: string;
}) => Promise<GitCredential | undefined>;

/** GitHub accepts this user name with every kind of token. */
const defaultUsername = "x-access-token";

/**
 * Reads the credential from the folder of a mounted Secret: the file `token`, and `username` if the server wants a
 * certain one. Reads the files at each fetch, so a rotated token needs no restart.
 */
export async function readGitCredential(folder: string): Promise<GitCredential> {
  const [token, username] = await Promise.all(["token", "username"].map((key) => readKey(join(folder, key))));
  if (token === undefined)
    throw failure(
      `The git credential needs the file token in ${folder}; add the key to the Secret of spec.github.gitSecretRef`,
    );
  return { token, username: username ?? defaultUsername };
}

/**
 * Returns the credentials of a builder in a pod, from its mounted Secret. The owner of the Secret agreed to one
 * address. A builder reads `gitUrl` from the pool, so the builder itself compares the address.
 */
export function createMountedGitCredentials(
  mounted: { readonly folder: string; readonly gitUrl: string } | undefined,
): GitCredentials {
  return async ({ gitUrl, gitSecret }) => {
    if (gitSecret === undefined) return undefined;
    if (mounted?.gitUrl !== gitUrl)
      throw failure(
        `The builder has no git credential for ${gitUrl} yet; the operator restarts the builder with the credential, or the pool's conditions give the reason why not`,
      );
    return await readGitCredential(mounted.folder);
  };
}

/** A line break would end the value in the protocol between git and its helper. */
async function readKey(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "";
    throw failure(`The git credential cannot be read: ${messageOf(error)}`);
  });
  const value = text.trim();

  if (/[\r\n]/.test(value)) throw failure(`${path} has more than one line; expected one value`);
  return value === "" ? undefined : value;
}

function failure(message: string): MirrorFailure {
  return new MirrorFailure("FetchFailed", message);
}
