import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuilderPool } from "../api/objects/pool.ts";
import type { Credential } from "../github/http/credential.ts";

/**
 * A pool's credential on one machine: the files of the Secret that `spec.github.secretRef` names, in `secrets/<name>/` of the work
 * folder (`token`, or `appId`, `installationId` and `privateKey`, as a mounted Secret would look), else the token `up` was given.
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

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
