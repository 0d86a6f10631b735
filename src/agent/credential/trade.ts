import { z } from "zod";
import { readToken, type TokenFacts } from "../../core/host/token.ts";
import { hostTokenSeconds } from "../../core/pool/host/account.ts";
import { StoreError } from "../../store/error.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";

const accounts = { apiVersion: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
const configMaps = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };

const Granted = z.object({ status: z.object({ token: z.string().min(1) }) });
const Authority = z.object({ data: z.object({ "ca.crt": z.string() }) });

/** A token with the facts in it. */
export interface GrantedToken extends TokenFacts {
  readonly token: string;
}

/** How a token is requested. */
export interface TokenRequest {
  /** Name of the account. An account of a host may request tokens for its own name only. */
  readonly account: string;
  /** Receiver of the token. Default: the API server. */
  readonly audience?: string;
  /** Wanted lifetime in seconds. Default: 30 days. The server may grant less. */
  readonly seconds?: number;
}

/** Requests a token of the own account. Throws StoreError as the client does. */
export async function requestToken(
  client: Pick<KubernetesClient, "create">,
  { account, audience, seconds = hostTokenSeconds }: TokenRequest,
): Promise<GrantedToken> {
  const answer = await client.create(
    accounts,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: account },
      spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds: seconds },
    },
    "token",
  );
  const token = Granted.safeParse(answer).data?.status.token ?? "";
  const facts = readToken(token);
  if (facts === undefined)
    throw new StoreError("Invalid", `the API server granted a token of ${account} without its lifetime`);
  return { ...facts, token };
}

/** Reads the authority that the cluster publishes. Empty if there is none. */
export async function publishedAuthority(client: Pick<KubernetesClient, "get">): Promise<string> {
  const found = Authority.safeParse(await client.get(configMaps, "kube-root-ca.crt"));
  return found.data?.data["ca.crt"] ?? "";
}
