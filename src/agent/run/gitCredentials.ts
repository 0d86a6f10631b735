import type { GitCredentials } from "../../builder/git/credential.ts";
import { MirrorFailure } from "../../builder/git/mirrors.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { messageOf } from "../../system/messageOf.ts";
import { fetchSecret, textIn } from "./secrets.ts";

/**
 * The git credentials of a host. It reads the Secret at each fetch, so a rotated token needs no restart. The owner of
 * the Secret agreed to one address, and the credential goes nowhere else.
 */
export function createHostGitCredentials(client: Pick<KubernetesClient, "get">): GitCredentials {
  return async ({ gitUrl, gitSecret }) => {
    if (gitSecret === undefined) return undefined;
    const wish = { name: gitSecret, field: "spec.github.gitSecretRef", use: "git", address: gitUrl } as const;
    const keys = await fetchSecret(client, wish).catch((error: unknown) => {
      throw new MirrorFailure("FetchFailed", `The git credential cannot be read: ${messageOf(error)}`);
    });
    const token = textIn(keys, "token");
    if (token === undefined)
      throw new MirrorFailure("FetchFailed", `The Secret "${gitSecret}" of the git credential has no key token`);
    return { token, username: textIn(keys, "username") ?? "x-access-token" };
  };
}
