import { Octokit } from "@octokit/rest";
import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { type Budgets, createBudgets, type Headers } from "./budget.ts";
import { type Credential, createAuthorizer } from "./credential.ts";
import { failureOf } from "./failure.ts";

interface Call {
  readonly method: "GET" | "POST" | "PATCH";
  /** Path under the API address, without query; `graphql` for the GraphQL endpoint. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
  readonly etag?: string | undefined;
  /** Of a write: that what it is about was seen a moment ago. */
  readonly isSeen?: boolean;
  /** Reads stop at the budget floor; writes, and the look before a write, do not. */
  readonly kind: "read" | "write";
  /** Noun phrase for messages: "the open pull requests of o/r". */
  readonly what: string;
  readonly signal: AbortSignal;
}

interface Answer {
  /** 304 when the etag still fits; else a success. */
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, undefined with 304. */
  readonly body: unknown;
}

export interface World {
  /** REST base address, with or without a trailing slash. */
  readonly apiUrl: string;
  readonly credential: Credential;
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent?: string;
  /** Milliseconds for one request; 10 s when absent. */
  readonly timeout?: number;
}

export interface Transport {
  /** One request, tried once and not for long. Throws `GitHubError`, or the signal's reason. */
  send(call: Call): Promise<Answer>;
  readonly budgets: Budgets;
  readonly clock: Clock;
}

const maxRedirects = 3;

/** HTTP with GitHub's habits: credential, budgets, moved repositories, and errors that hold no header of ours. */
export function createTransport(world: World): Transport {
  const { apiUrl, credential, clock, log, userAgent = "builderpool", timeout = 10_000 } = world;
  const baseUrl = apiUrl.replace(/\/+$/, "");
  // What matters is in the answers and errors; octokit's own lines would go to the console.
  const quiet = () => undefined;
  const silence = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const request = { fetch: fetchWithin(timeout), log: silence };
  const octokit = new Octokit({ baseUrl, userAgent, request, log: silence });
  const budgets = createBudgets();
  const moved = new Set<string>();
  let skew = 0;
  let secret: string | undefined;
  octokit.hook.after("request", ({ headers }) => learn(headers));
  octokit.hook.error("request", (error) => {
    learn(responseOf(error)?.headers ?? {});
    throw error;
  });
  const authorizer = createAuthorizer(credential, octokit.request, () => clock.now() + skew);

  async function send(call: Call): Promise<Answer> {
    const resource = resourceOf(call);
    const limit = budgets.limitOn(resource, clock.now());
    if (limit !== undefined) throw limit;
    const heldUntil = call.kind === "read" ? budgets.heldUntil(resource, clock.now()) : undefined;
    if (heldUntil !== undefined) throw held(call, heldUntil);
    let answer = await authorized(call);
    for (let hop = 0; isRedirect(answer.status) && hop < maxRedirects; hop += 1) {
      const url = underBase(baseUrl, String(answer.headers["location"] ?? ""));
      const repository = call.path.split("/").slice(2, 4).join("/");
      if (!moved.has(repository)) log.warn({ repository, url }, "repository has moved: change its name in the pool");
      moved.add(repository);
      answer = await authorized(call, url);
    }
    if (answer.status < 300 && typeof answer.body === "object" && answer.body !== null) return answer;
    if (answer.status === 304) return { ...answer, body: undefined };
    if (answer.status < 400) {
      throw new GitHubError("Unreachable", `GitHub's answer for ${call.what} is cut short, or no JSON`);
    }
    throw refused(call, answer);
  }

  function refused(call: Call, answer: Answer): GitHubError {
    const failure = failureOf({ ...call, ...answer, secret, anonymous: credential === "none", now: clock.now(), skew });
    if (failure.code === "RateLimited") budgets.meet(resourceOf(call), failure);
    return failure;
  }

  /** With the credential; a lent token that GitHub no longer accepts is replaced once. */
  async function authorized(call: Call, url?: string): Promise<Answer> {
    const first = await once(call, url, false);
    return first.status === 401 && authorizer.renewable ? await once(call, url, true) : first;
  }

  async function once(call: Call, url: string | undefined, fresh: boolean): Promise<Answer> {
    const token = await lend(call, fresh);
    return await answerOf(call, () =>
      octokit.request({
        method: call.method,
        url: url ?? (call.path === "graphql" ? graphqlUrl(baseUrl) : call.path),
        headers: {
          ...(token === undefined ? {} : { authorization: `bearer ${token}` }),
          ...(call.etag === undefined ? {} : { "if-none-match": call.etag }),
        },
        request: { signal: call.signal },
        ...(call.body === undefined ? {} : { data: call.body }),
        ...(url === undefined ? call.query : {}),
      }),
    );
  }

  async function lend(call: Call, fresh: boolean): Promise<string | undefined> {
    const about = { ...call, what: "an installation token of the GitHub App" };
    const answer = await answerOf(about, async () => {
      secret = await authorizer.token({ fresh });
      return { status: 200, headers: {}, data: undefined };
    });
    if (answer.status === 200) return secret;
    // "Not found" is about the installation here, not about what the caller asked for.
    throw refused(about, { ...answer, status: answer.status === 404 ? 401 : answer.status });
  }

  function learn(headers: Headers): void {
    const ahead = Date.parse(String(headers["date"] ?? "")) - clock.now();
    if (Number.isFinite(ahead)) skew = Math.abs(ahead) < 5000 ? 0 : ahead;
    budgets.note(headers, skew);
  }

  return { send, budgets, clock };
}

function resourceOf({ path }: Call): "core" | "graphql" {
  return path === "graphql" ? "graphql" : "core";
}

/** What GitHub answered, whatever the status; no answer at all is `Unreachable`. The request, which holds the token, is let go. */
async function answerOf(
  { what, signal }: Call,
  exchange: () => Promise<{ readonly status: number; readonly headers: Headers; readonly data: unknown }>,
): Promise<Answer> {
  try {
    const { status, headers, data } = await exchange();
    return { status, headers, body: data };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GitHubError) throw error;
    const response = responseOf(error);
    if (response !== undefined) return { ...response, body: response.data };
    const reason = error instanceof Error ? error.message : "unknown reason";
    throw new GitHubError("Unreachable", `GitHub cannot be reached for ${what} (${reason})`);
  }
}

const Refused = z.object({
  response: z.object({
    status: z.int(),
    headers: z.record(z.string(), z.union([z.string(), z.number()]).optional()),
    data: z.unknown().optional(),
  }),
});

/** Octokit throws every status from 300 on that is no redirect. */
function responseOf(error: unknown): z.infer<typeof Refused>["response"] | undefined {
  return Refused.safeParse(error).data?.response;
}

function fetchWithin(timeout: number): typeof fetch {
  return (url, init) => {
    const limit = AbortSignal.timeout(timeout);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    return fetch(url, { ...init, redirect: "manual", signal });
  };
}

/** GitHub Enterprise serves REST below `/api/v3` and GraphQL beside it. */
function graphqlUrl(baseUrl: string): string {
  return baseUrl.endsWith("/api/v3") ? baseUrl.replace(/v3$/, "graphql") : `${baseUrl}/graphql`;
}

function isRedirect(status: number): boolean {
  return [301, 302, 307, 308].includes(status);
}

/** An absolute address of GitHub's, as seen through the configured one: a broker may stand in between. */
function underBase(baseUrl: string, location: string): string {
  const { pathname, search } = URL.parse(location, baseUrl) ?? new URL(baseUrl);
  const prefixes = [new URL(baseUrl).pathname.replace(/\/$/, ""), "/api/v3"];
  const prefix = prefixes.find((candidate) => candidate !== "" && pathname.startsWith(`${candidate}/`)) ?? "";
  return `${baseUrl}${pathname.slice(prefix.length)}${search}`;
}

function held({ what }: Call, retryAt: number): GitHubError {
  const until = new Date(retryAt).toISOString();
  const message = `GitHub's budget is nearly spent, so ${what} is not read until ${until}; the rest is kept for verdicts`;
  return new GitHubError("RateLimited", message, { retryAt });
}
