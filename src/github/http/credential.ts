import { createSign } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/rest";
import { GitHubError } from "../github.ts";

/** A token, an installation of a GitHub App, or no credential (public data over REST only). */
export type Credential =
  | { readonly token: string }
  | { readonly appId: string; readonly installationId: string; readonly privateKey: string }
  | "none";

/** Provides the token for the header of one request. The token never appears in a log or an error. */
export interface Authorizer {
  /** `fresh` requests a new installation token of an App. Undefined without a credential. */
  token(options: { readonly fresh: boolean }): Promise<string | undefined>;
  /** Whether a retry with a fresh token can succeed after a 401. */
  readonly renewable: boolean;
}

/** An installation token is replaced this long before it expires, so that it does not expire in flight. */
const margin = 120_000;
/** GitHub accepts at most ten minutes, and refuses an issue time in the future. */
const lifetime = 540;
const backdate = 60;

/** `request` fetches installation tokens. `serverNow` is GitHub's clock in milliseconds, estimated from its replies. */
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
  const installationToken = (refresh: boolean) => auth({ type: "installation", refresh });
  return {
    renewable: true,
    async token({ fresh }) {
      const { token, expiresAt } = await installationToken(fresh).catch((error: unknown) => {
        // The refusal carries GitHub's date. If our clock was wrong, a second signature uses GitHub's clock.
        if (Math.abs(serverNow() - signedAt) < 30_000) throw error;
        return installationToken(fresh);
      });
      return Date.parse(expiresAt) - serverNow() > margin ? token : (await installationToken(true)).token;
    },
  };
}

/** Rejects a token with a line break: `fetch` would refuse the header with a message that quotes the token. */
function printable(token: string): string {
  const trimmed = token.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new GitHubError(
    "Unauthorized",
    "the GitHub token is empty or contains invalid characters; correct GITHUB_TOKEN",
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
    // The cause is left out: OpenSSL's message may quote the key.
    throw new GitHubError(
      "Unauthorized",
      "the GitHub App's private key is not PEM text; correct privateKey in the Secret",
    );
  }
}
