import { createSign } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/rest";
import { GitHubError } from "../github.ts";

/** How GitHub knows us: a token, an installation of a GitHub App, or nobody (public data over REST only). */
export type Credential =
  | { readonly token: string }
  | { readonly appId: string; readonly installationId: string; readonly privateKey: string }
  | "none";

/** The secret part of a credential, for the header of one request. Never logged, never part of an error. */
export interface Authorizer {
  /** `fresh` asks for a new token where tokens are lent; undefined when there is no credential. */
  token(options: { readonly fresh: boolean }): Promise<string | undefined>;
  /** Whether another try with a fresh token can succeed after a 401. */
  readonly renewable: boolean;
}

/** A lent token is replaced this long before it expires, so that none expires on its way. */
const margin = 120_000;
/** GitHub accepts at most ten minutes, and refuses a moment in its own future. */
const lifetime = 540;
const backdate = 60;

/** `request` fetches installation tokens; `serverNow` is GitHub's clock in milliseconds, as far as its answers have told. */
export function createAuthorizer(
  credential: Credential,
  request: Octokit["request"],
  serverNow: () => number,
): Authorizer {
  if (credential === "none") return { renewable: false, token: async () => undefined };
  if ("token" in credential) return { renewable: false, token: async () => printable(credential.token) };
  const { appId, installationId, privateKey } = credential;
  let signedAt = 0;
  const auth = createAppAuth({
    appId,
    installationId,
    request,
    log: { warn: () => undefined },
    createJwt: async () => {
      signedAt = serverNow();
      return signJwt(appId, privateKey, Math.floor(signedAt / 1000));
    },
  });
  const lend = (refresh: boolean) => auth({ type: "installation", refresh });
  return {
    renewable: true,
    async token({ fresh }) {
      const lent = await lend(fresh).catch((error: unknown) => {
        // A refusal carries GitHub's date: when it shows that our clock is wrong, the signature can be put right.
        if (Math.abs(serverNow() - signedAt) < 30_000) throw error;
        return lend(fresh);
      });
      return Date.parse(lent.expiresAt) - serverNow() > margin ? lent.token : (await lend(true)).token;
    },
  };
}

/** A line break would make `fetch` refuse the header with a message that quotes it. */
function printable(token: string): string {
  const trimmed = token.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new GitHubError(
    "Unauthorized",
    "the GitHub token is empty or holds characters no token has; correct GITHUB_TOKEN",
  );
}

function signJwt(issuer: string, privateKey: string, seconds: number): { jwt: string; expiresAt: string } {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iat: seconds - backdate, exp: seconds + lifetime, iss: issuer };
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  const expiresAt = new Date(claims.exp * 1000).toISOString();
  try {
    return { jwt: `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`, expiresAt };
  } catch {
    // Without the cause: OpenSSL's message may quote the key.
    throw new GitHubError(
      "Unauthorized",
      "the GitHub App's private key is not PEM text; correct privateKey in the Secret",
    );
  }
}
