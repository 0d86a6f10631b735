import { GitHubError } from "../github.ts";
import type { Headers } from "./budget.ts";

/** A reply without success, and its request. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly method: string;
  /** Noun phrase: "the open pull requests of o/r". */
  readonly what: string;
  readonly anonymous: boolean;
  /** A read of the written object succeeded just before the write. */
  readonly isSeen?: boolean | undefined;
  /** Removed from GitHub's message, in case a proxy echoes the token. */
  readonly secret: string | undefined;
  /** Our wall clock, in milliseconds. `skew` is GitHub's clock minus ours. */
  readonly now: number;
  readonly skew: number;
}

const credentialHint = "set GITHUB_TOKEN, or spec.github.secretRef in the pool";

/** Maps a refusal to the error codes that a caller acts on. Quotes GitHub's message, never our headers. */
export function failureOf(refusal: Refusal): GitHubError {
  const { status, what } = refusal;
  const text = messageOf(refusal);
  const answer = `GitHub answered ${status}${text === "" ? "" : ` (${text})`} for ${what}`;
  // Without a credential GitHub allows 60 REST requests an hour, and no GraphQL at all.
  if (refusal.anonymous && [401, 403, 429].includes(status) && refusal.headers["x-ratelimit-limit"] !== "60") {
    return new GitHubError("Unauthorized", `${answer}: no credential is set; ${credentialHint}`);
  }
  const retryAt = limitedUntil(refusal, text);
  if (retryAt !== undefined) {
    const until = new Date(retryAt).toISOString();
    return new GitHubError("RateLimited", `${answer}: the rate limit is spent until ${until}`, { retryAt });
  }
  if (status === 401) return new GitHubError("Unauthorized", `${answer}: the credential is wrong or expired; renew it`);
  if (status === 403 && /\blocked\b/i.test(text)) return new GitHubError("Rejected", answer);
  if (status === 403 && /\barchived\b/i.test(text)) {
    return new GitHubError("Unauthorized", `${answer}: remove its checks from the pool, or unarchive the repository`);
  }
  if (status === 403) return new GitHubError("Unauthorized", `${answer}: ${missingRight(refusal)}`);
  // GitHub replies 404 to a write with a token that may only read.
  if (status === 404 && refusal.isSeen) {
    return new GitHubError("Unauthorized", `${answer}, although a read succeeded: ${missingRight(refusal)}`);
  }
  // GitHub does not say whether a repository is deleted or invisible. Lost access may return.
  if (status === 404 || status === 451) {
    return new GitHubError("NotFound", `${answer}: it does not exist, or the credential has no access to it`);
  }
  // After a forced push the old commit is gone. GitHub refuses reads and writes of its statuses with 422.
  if (status === 410 || (status === 422 && /^No commit found/i.test(text))) {
    return new GitHubError("Rejected", `${answer}: it no longer exists`);
  }
  if (status >= 500 || status === 408) return new GitHubError("Unreachable", answer);
  return new GitHubError("Rejected", answer);
}

/** GitHub's message and details, at most 300 characters. A proxy's error page is left out. */
function messageOf({ body, secret }: Refusal): string {
  if (typeof body !== "object" || body === null || !("message" in body) || typeof body.message !== "string") return "";
  const details = "errors" in body && Array.isArray(body.errors) ? `: ${JSON.stringify(body.errors)}` : "";
  const text = `${body.message}${details}`;
  return (secret ? text.replaceAll(secret, "[token]") : text).slice(0, 300);
}

/**
 * End of a rate limit. Primary limit: the reset time when nothing remains. Secondary limit: Retry-After.
 * Without Retry-After the message decides, and GitHub documents a wait of at least one minute.
 */
function limitedUntil({ status, headers, now, skew }: Refusal, text: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number.parseInt(String(headers["retry-after"] ?? ""), 10);
  if (Number.isFinite(seconds)) return now + seconds * 1000;
  const reset = Number.parseInt(String(headers["x-ratelimit-reset"] ?? ""), 10);
  if (String(headers["x-ratelimit-remaining"]) === "0" && Number.isFinite(reset)) {
    return Math.max(now + 1000, reset * 1000 - skew);
  }
  return status === 429 || /rate limit|abuse/i.test(text) ? now + 60_000 : undefined;
}

function missingRight({ headers, method }: Refusal): string {
  const right = headers["x-accepted-github-permissions"] ?? headers["x-accepted-oauth-scopes"];
  if (right !== undefined && right !== "") return `the credential lacks the right ${right}; grant it`;
  return method === "POST" || method === "PATCH"
    ? "the credential may not write there; grant it commit statuses and pull requests, read and write (scope repo:status, for comments public_repo)"
    : "the credential has no read access; grant it pull requests, commit statuses and contents, read";
}
