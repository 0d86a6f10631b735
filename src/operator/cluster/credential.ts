import type { BuilderPool } from "../../api/objects/pool.ts";
import { consentRefusal, githubWishOf } from "../../core/definitions/secretConsent.ts";
import { GitHubError } from "../../github/github.ts";
import type { Credential } from "../../github/http/credential.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesClient, KubernetesObject } from "../../store/kubernetes/client.ts";
import { secrets } from "./resources.ts";

const appKeys = ["appId", "installationId", "privateKey"] as const;

/**
 * Reads a pool's credential from the Secret in `spec.github.secretRef`. The Secret must allow this use and the pool's
 * `apiUrl`. It has the key `token`, or the keys `appId`, `installationId` and `privateKey`. Throws a `GitHubError`:
 * Unauthorized with the missing consent or keys, or Unreachable when the read failed.
 */
export async function createSecretCredential(
  client: Pick<KubernetesClient, "get" | "namespace">,
  pool: BuilderPool,
): Promise<Credential> {
  const wish = githubWishOf(pool);
  if (wish === undefined) return "none";
  const { name } = wish;
  const secret = await client.get(secrets, name).catch((error: unknown) => {
    const code = isStoreError(error, "Forbidden") ? "Unauthorized" : "Unreachable";
    throw new GitHubError(code, `The Secret "${name}" could not be read: ${String(error)}`, { cause: error });
  });
  const subject = `The Secret "${name}" (spec.github.secretRef)`;
  if (secret === undefined) {
    throw new GitHubError(
      "Unauthorized",
      `${subject} does not exist in the namespace "${client.namespace}": create it with the key token, or with ${appKeys.join(", ")}`,
    );
  }
  const refusal = consentRefusal(wish, secret.metadata);
  if (refusal !== undefined) throw new GitHubError("Unauthorized", refusal);
  const value = (key: string) => decoded(secret, key);
  const [token, appId, installationId, privateKey] = [value("token"), ...appKeys.map(value)];
  if (token !== undefined) return { token };
  if (appId !== undefined && installationId !== undefined && privateKey !== undefined) {
    return { appId, installationId, privateKey };
  }
  const missing = appKeys.filter((key) => value(key) === undefined);
  const lacks = missing.length === appKeys.length ? `token, or ${appKeys.join(", ")}` : missing.join(", ");
  throw new GitHubError("Unauthorized", `${subject} lacks ${lacks}: add the missing keys`);
}

/** The text of a key; undefined for a missing, empty or non-text value. */
function decoded({ ["data"]: data }: KubernetesObject, key: string): string | undefined {
  const value =
    typeof data === "object" && data !== null ? Object.entries(data).find(([name]) => name === key) : undefined;
  return typeof value?.[1] === "string"
    ? Buffer.from(value[1], "base64").toString("utf8").trim() || undefined
    : undefined;
}
