import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../system/clock.ts";

/** The owner of a token: a builder, another user, or invalid (forged, expired, for another audience). */
export type Bearer = { readonly builder: string } | { readonly other: string } | "invalid";

/** Finds the owner of a token. Rejects if the API server gives no answer. */
export type Review = (token: string) => Promise<Bearer>;

/** Settings of the token review. */
export interface TokenReviewOptions {
  /** Base URL of the API server. */
  readonly apiServer: string;
  /** The service's own token, with the right to create TokenReviews. */
  ownToken(): Promise<string>;
  readonly audience: string;
  /** The namespace of the builders. */
  readonly namespace: string;
}

/** Timeout of one review, in milliseconds. */
const reviewLimit = 10_000;
const podName = "authentication.kubernetes.io/pod-name";

const TokenReviewResult = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).default([]),
    user: z
      .object({ username: z.string().default(""), extra: z.record(z.string(), z.array(z.string())).default({}) })
      .prefault({}),
  }),
});

/**
 * Reviews tokens with the API server. The API server also rejects the token of a deleted pod. A builder is a pod `P-N`
 * that runs as the ServiceAccount `P-builder` of the namespace.
 */
export function createTokenReview({ apiServer, ownToken, audience, namespace }: TokenReviewOptions): Review {
  return async (token) => {
    const reviewRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const response = await fetch(`${apiServer}/apis/authentication.k8s.io/v1/tokenreviews`, {
      method: "POST",
      headers: { Authorization: `Bearer ${(await ownToken()).trim()}`, "Content-Type": "application/json" },
      body: JSON.stringify(reviewRequest),
      signal: AbortSignal.timeout(reviewLimit),
    });
    if (!response.ok) throw new Error(`the API server answered ${response.status} to a TokenReview`);
    const { status } = TokenReviewResult.parse(await response.json());
    if (!status.authenticated || !status.audiences.includes(audience)) return "invalid";
    const { username, extra } = status.user;
    const pool = new RegExp(`^system:serviceaccount:${namespace}:(?<pool>.+)-builder$`).exec(username)?.groups?.[
      "pool"
    ];
    const pod = extra[podName]?.[0] ?? "";
    const isBuilder = pool !== undefined && pod.startsWith(`${pool}-`) && /^[0-9]+$/.test(pod.slice(pool.length + 1));
    return isBuilder ? { builder: pod } : { other: username };
  };
}

/** Milliseconds that a result is cached. */
const cacheAge = 60_000;
/** Most cached results. */
const cacheSize = 10_000;

/** Caches each result for a minute, so a log and its page need one review. A revoked token works for up to a minute. */
export function cacheReviews(review: Review, clock: Pick<Clock, "monotonic">): Review {
  const known = new Map<string, { readonly bearer: Bearer; readonly until: number }>();
  return async (token) => {
    const key = createHash("sha256").update(token).digest("base64");
    const before = known.get(key);
    if (before !== undefined && clock.monotonic() < before.until) return before.bearer;
    const bearer = await review(token);
    // Evicts the oldest entry: a Map iterates in insertion order.
    known.delete(key);
    if (known.size >= cacheSize) known.delete(known.keys().next().value ?? key);
    known.set(key, { bearer, until: clock.monotonic() + cacheAge });
    return bearer;
  };
}
