import { createHash } from "node:crypto";
import { z } from "zod";
import { readHostAccount } from "../../core/pool/host/account.ts";
import type { Clock } from "../../system/clock.ts";
import { type Builder, TooManyRequests } from "./holder.ts";
import type { ReviewLimits } from "./reviewLimits.ts";

/** The owner of a token: a builder, another user, or invalid (forged, expired, for another audience). */
export type Bearer = Builder | { readonly other: string } | "invalid";

/**
 * Finds the owner of a token that came from the address `source`. Rejects with TooManyRequests, or if the API server
 * gives no answer.
 */
export type Review = (token: string, source: string) => Promise<Bearer>;

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
 * Reviews tokens with the API server. The API server also rejects the token of a deleted pod or account. A builder is a
 * pod `P-N` that runs as the ServiceAccount `P-builder` of the namespace, or a host with the ServiceAccount
 * `NAME.P.host`.
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
    const home = `system:serviceaccount:${namespace}:`;
    const account = username.startsWith(home) ? username.slice(home.length) : "";
    return builderOf(account, extra[podName]?.[0] ?? "") ?? { other: username };
  };
}

function builderOf(account: string, pod: string): Builder | undefined {
  const host = readHostAccount(account);
  if (host !== undefined) return { builder: host.host, pool: host.pool };
  const pool = /^(?<pool>.+)-builder$/.exec(account)?.groups?.["pool"];
  const isBuilder = pool !== undefined && pod.startsWith(`${pool}-`) && /^[0-9]+$/.test(pod.slice(pool.length + 1));
  return isBuilder ? { builder: pod, pool } : undefined;
}

/** Milliseconds that a result is cached. */
const cacheAge = 60_000;
/** Most cached results. */
const cacheSize = 10_000;

/**
 * Caches each result for a minute, so a log and its page need one review. A revoked token works for up to a minute.
 * Tokens of builders have a cache of their own, which made-up tokens cannot empty. At the same time each token has at
 * most one review. `limits` apply to tokens without a cached result.
 */
export function cacheReviews(review: Review, clock: Pick<Clock, "monotonic">, limits?: ReviewLimits): Review {
  const builders = createCache(clock);
  const others = createCache(clock);
  const running = new Map<string, Promise<Bearer>>();

  async function ask(token: string, key: string, source: string): Promise<Bearer> {
    if (limits?.admit(source) === false)
      throw new TooManyRequests("too many tokens without a result came from this address, or from all addresses");
    const bearer = await review(token, source);
    const isBuilder = bearer !== "invalid" && "builder" in bearer;
    if (isBuilder) limits?.refund(source);
    (isBuilder ? builders : others).set(key, bearer);
    return bearer;
  }

  return async (token, source) => {
    const key = createHash("sha256").update(token).digest("base64");
    const before = builders.get(key) ?? others.get(key) ?? running.get(key);
    if (before !== undefined) return await before;
    const asking = ask(token, key, source).finally(() => running.delete(key));
    running.set(key, asking);
    return await asking;
  };
}

/** A cache of results by the hash of the token. A full cache evicts its oldest result. */
function createCache(clock: Pick<Clock, "monotonic">) {
  const known = new Map<string, { readonly bearer: Bearer; readonly until: number }>();
  return {
    get(key: string): Bearer | undefined {
      const found = known.get(key);
      return found !== undefined && clock.monotonic() < found.until ? found.bearer : undefined;
    },
    set(key: string, bearer: Bearer): void {
      // A Map iterates in insertion order.
      known.delete(key);
      if (known.size >= cacheSize) known.delete(known.keys().next().value ?? key);
      known.set(key, { bearer, until: clock.monotonic() + cacheAge });
    },
  };
}
