import type { BuilderPool } from "../../api/objects/pool.ts";
import { GitHubError } from "../../github/github.ts";
import type { Credential } from "../../github/http/credential.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesClient, KubernetesObject } from "../../store/kubernetes/client.ts";
import { secrets } from "./resources.ts";

const ofApp = ["appId", "installationId", "privateKey"] as const;

/**
 * A pool's credential: the Secret that `spec.github.secretRef` names, with `token`, or with `appId`, `installationId` and `privateKey`.
 * Throws GitHubError: Unauthorized, with what the Secret lacks, or Unreachable when it could not be read.
 */
export async function createSecretCredential(
  client: Pick<KubernetesClient, "get" | "namespace">,
  { spec }: BuilderPool,
): Promise<Credential> {
  const name = spec.github.secretRef?.name;
  if (name === undefined) return "none";
  const secret = await client.get(secrets, name).catch((error: unknown) => {
    const code = isStoreError(error, "Forbidden") ? "Unauthorized" : "Unreachable";
    throw new GitHubError(code, `The Secret "${name}" could not be read: ${String(error)}`, { cause: error });
  });
  const where = `The Secret "${name}", which spec.github.secretRef names,`;
  if (secret === undefined) {
    throw new GitHubError(
      "Unauthorized",
      `${where} does not exist in the namespace "${client.namespace}": create it with the key token, or with ${ofApp.join(", ")}`,
    );
  }
  const value = (key: string) => decoded(secret, key);
  const [token, appId, installationId, privateKey] = [value("token"), ...ofApp.map(value)];
  if (token !== undefined) return { token };
  if (appId !== undefined && installationId !== undefined && privateKey !== undefined) {
    return { appId, installationId, privateKey };
  }
  const missing = ofApp.filter((key) => value(key) === undefined);
  const lacks = missing.length === ofApp.length ? `token, or ${ofApp.join(", ")}` : missing.join(", ");
  throw new GitHubError("Unauthorized", `${where} lacks ${lacks}: add what is missing to it`);
}

/** The text of a key; undefined when it is missing, empty, or no text. */
function decoded({ ["data"]: data }: KubernetesObject, key: string): string | undefined {
  const value =
    typeof data === "object" && data !== null ? Object.entries(data).find(([name]) => name === key) : undefined;
  return typeof value?.[1] === "string"
    ? Buffer.from(value[1], "base64").toString("utf8").trim() || undefined
    : undefined;
}
