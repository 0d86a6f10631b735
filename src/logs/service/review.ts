import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../system/clock.ts";

/** Whose token it is: a builder's, somebody else's, or nobody's (false, ended, for another audience). */
export type Bearer = { readonly builder: string } | { readonly stranger: string } | "nobody";

/** Says whose a token is. Rejects when that cannot be found out now. */
export type Review = (token: string) => Promise<Bearer>;

export interface TokenReviewOptions {
  /** Base address of the API server. */
  readonly apiServer: string;
  /** Our own token, which may create TokenReviews. */
  ownToken(): Promise<string>;
  readonly audience: string;
  /** Namespace of the builders. */
  readonly namespace: string;
}

const reviewLimit = 10_000;
const podName = "authentication.kubernetes.io/pod-name";

const Answer = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).default([]),
    user: z
      .object({ username: z.string().default(""), extra: z.record(z.string(), z.array(z.string())).default({}) })
      .prefault({}),
  }),
});

/**
 * Asks the API server, which also knows whether the pod that the token is bound to still exists. A builder is a pod `P-N` that runs as
 * ServiceAccount `P-builder` of the namespace.
 */
export function createTokenReview({ apiServer, ownToken, audience, namespace }: TokenReviewOptions): Review {
  return async (token) => {
    const question = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const answer = await fetch(`${apiServer}/apis/authentication.k8s.io/v1/tokenreviews`, {
      method: "POST",
      headers: { Authorization: `Bearer ${(await ownToken()).trim()}`, "Content-Type": "application/json" },
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(reviewLimit),
    });
    if (!answer.ok) throw new Error(`the API server answered ${answer.status} to a TokenReview`);
    const { status } = Answer.parse(await answer.json());
    if (!status.authenticated || !status.audiences.includes(audience)) return "nobody";
    const { username, extra } = status.user;
    const pool = new RegExp(`^system:serviceaccount:${namespace}:(?<pool>.+)-builder$`).exec(username)?.groups?.[
      "pool"
    ];
    const pod = extra[podName]?.[0] ?? "";
    const isBuilder = pool !== undefined && pod.startsWith(`${pool}-`) && /^[0-9]+$/.test(pod.slice(pool.length + 1));
    return isBuilder ? { builder: pod } : { stranger: username };
  };
}

const kept = 60_000;
const mostKept = 10_000;

/** Asks once a minute for each token: a log and its page need one review, and a token that was taken back works for a minute more. */
export function cacheReviews(review: Review, clock: Pick<Clock, "monotonic">): Review {
  const known = new Map<string, { readonly bearer: Bearer; readonly until: number }>();
  return async (token) => {
    const key = createHash("sha256").update(token).digest("base64");
    const before = known.get(key);
    if (before !== undefined && clock.monotonic() < before.until) return before.bearer;
    const bearer = await review(token);
    // The oldest goes first: a map keeps the order of its making.
    known.delete(key);
    if (known.size >= mostKept) known.delete(known.keys().next().value ?? key);
    known.set(key, { bearer, until: clock.monotonic() + kept });
    return bearer;
  };
}
