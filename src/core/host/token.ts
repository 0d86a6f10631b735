import { z } from "zod";
import type { Milliseconds } from "../../api/values/duration.ts";
import type { Lifetime } from "./renewal.ts";

/** The claims that the API server writes into the token of an account. */
const Claims = z.object({
  iat: z.number(),
  exp: z.number(),
  "kubernetes.io": z.object({
    namespace: z.string(),
    serviceaccount: z.object({ name: z.string(), uid: z.string() }),
  }),
});

/** Facts about the token of a host. */
export interface TokenFacts extends Lifetime {
  readonly namespace: string;
  readonly account: string;
  /** UID of the account. A renewed account has another UID. */
  readonly uid: string;
}

/** Reads the claims of a token without a check of its signature. Undefined if the text is no token of an account. */
export function readToken(token: string): TokenFacts | undefined {
  const { data } = Claims.safeParse(jsonOf(token.trim().split(".")[1] ?? ""));
  if (data === undefined) return undefined;
  const { namespace, serviceaccount } = data["kubernetes.io"];
  const [issuedAt, expiresAt] = [data.iat, data.exp].map((seconds): Milliseconds => seconds * 1000) as [number, number];
  return { namespace, account: serviceaccount.name, uid: serviceaccount.uid, issuedAt, expiresAt };
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
