import { GitHubError } from "../github.ts";
import type { Headers } from "./budget.ts";

/** An answer that is no success, and what was asked. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly method: string;
  /** Noun phrase: "the open pull requests of o/r". */
  readonly what: string;
  readonly anonymous: boolean;
  /** What is written to was seen a moment ago. */
  readonly isSeen?: boolean | undefined;
  /** Cut out of GitHub's words, should something on the way echo it. */
  readonly secret: string | undefined;
  /** Our wall clock, and how far GitHub's is ahead of it, in milliseconds. */
  readonly now: number;
  readonly skew: number;
}

const credentialHint = "set GITHUB_TOKEN, or spec.github.secretRef in the pool";

/** Sorts what GitHub answered into the few fates a caller can act on. Carries GitHub's own words, never our headers. */
export function failureOf(refusal: Refusal): GitHubError {
  const { status, what } = refusal;
  const said = messageOf(refusal);
  const answer = `GitHub answered ${status}${said === "" ? "" : ` (${said})`} for ${what}`;
  // Without a credential GitHub allows 60 REST requests an hour, and no GraphQL at all.
  if (refusal.anonymous && [401, 403, 429].includes(status) && refusal.headers["x-ratelimit-limit"] !== "60") {
    return new GitHubError("Unauthorized", `${answer}: no credential is set; ${credentialHint}`);
  }
  const retryAt = limitedUntil(refusal, said);
  if (retryAt !== undefined) {
    const until = new Date(retryAt).toISOString();
    return new GitHubError("RateLimited", `${answer}: the rate limit is spent until ${until}`, { retryAt });
  }
  if (status === 401) return new GitHubError("Unauthorized", `${answer}: the credential is wrong or expired; renew it`);
  if (status === 403 && /\blocked\b/i.test(said)) return new GitHubError("Rejected", answer);
  if (status === 403 && /\barchived\b/i.test(said)) {
    return new GitHubError("Unauthorized", `${answer}: take its checks out of the pool, or unarchive it`);
  }
  if (status === 403) return new GitHubError("Unauthorized", `${answer}: ${missingRight(refusal)}`);
  // To a token that may read and not write, GitHub says that there is no such thing.
  if (status === 404 && refusal.isSeen) {
    return new GitHubError("Unauthorized", `${answer}, which can be read: ${missingRight(refusal)}`);
  }
  // A commit that is gone, after a forced push, is refused with 422 by the reads and writes of its statuses.
  if ([404, 410, 451].includes(status) || (status === 422 && /^No commit found/i.test(said))) {
    return new GitHubError("NotFound", `${answer}: it does not exist, or the credential has no access to it`);
  }
  if (status >= 500 || status === 408) return new GitHubError("Unreachable", answer);
  return new GitHubError("Rejected", answer);
}

/** GitHub's own message and details, bounded: a proxy's error page has no place in a log line. */
function messageOf({ body, secret }: Refusal): string {
  if (typeof body !== "object" || body === null || !("message" in body) || typeof body.message !== "string") return "";
  const details = "errors" in body && Array.isArray(body.errors) ? `: ${JSON.stringify(body.errors)}` : "";
  const text = `${body.message}${details}`;
  return (secret ? text.replaceAll(secret, "[token]") : text).slice(0, 300);
}

/** Primary limit: nothing remains. Secondary limit: Retry-After, or GitHub's words and its rule of at least a minute. */
function limitedUntil({ status, headers, now, skew }: Refusal, said: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number.parseInt(String(headers["retry-after"] ?? ""), 10);
  if (Number.isFinite(seconds)) return now + seconds * 1000;
  const reset = Number.parseInt(String(headers["x-ratelimit-reset"] ?? ""), 10);
  if (String(headers["x-ratelimit-remaining"]) === "0" && Number.isFinite(reset)) {
    return Math.max(now + 1000, reset * 1000 - skew);
  }
  return status === 429 || /rate limit|abuse/i.test(said) ? now + 60_000 : undefined;
}

function missingRight({ headers, method }: Refusal): string {
  const right = headers["x-accepted-github-permissions"] ?? headers["x-accepted-oauth-scopes"];
  if (right !== undefined && right !== "") return `the credential lacks the right ${right}; grant it`;
  return method === "POST" || method === "PATCH"
    ? "the credential may not write there; grant it commit statuses and pull requests, read and write (scope repo:status, for comments public_repo)"
    : "the credential may not read that; grant it pull requests, commit statuses and contents, read";
}
