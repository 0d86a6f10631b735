import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuilderPool } from "../api/objects/pool.ts";
import { type GitCredentials, readGitCredential } from "../builder/git/credential.ts";
import type { Credential } from "../github/http/credential.ts";

/**
 * Reads a pool's GitHub credential on one machine. `spec.github.secretRef` selects the folder
 * `secrets/<name>/` of the work folder, with the files of a mounted Secret: `token`, or `appId`, `installationId` and
 * `privateKey`. Without it, the source is the token given to `up`. Returns "none" if files are missing.
 */
export function createLocalCredential(pool: BuilderPool, workDir: string, token: string | undefined): Credential {
  const name = pool.spec.github.secretRef?.name;
  if (name === undefined) return token === undefined ? "none" : { token };
  const secret = (key: string) => readSecret(join(workDir, "secrets", name, key));
  const [secretToken, appId, installationId, privateKey] = [
    secret("token"),
    secret("appId"),
    secret("installationId"),
    secret("privateKey"),
  ];
  if (secretToken !== undefined) return { token: secretToken };
  if (appId !== undefined && installationId !== undefined && privateKey !== undefined)
    return { appId, installationId, privateKey };
  return "none";
}

/** Returns the git credentials of pools on one machine, from the folder `secrets/<name>/` of `spec.github.gitSecretRef`. */
export function createLocalGitCredentials(workDir: string): GitCredentials {
  return async ({ gitSecret }) =>
    gitSecret === undefined ? undefined : await readGitCredential(join(workDir, "secrets", gitSecret));
}

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
