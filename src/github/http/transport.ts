import { Octokit } from "@octokit/rest";
import { z } from "zod";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { type Budgets, createBudgets, type Headers } from "./budget.ts";
import { type Credential, createAuthorizer } from "./credential.ts";
import { failureOf } from "./failure.ts";

interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** Path under the API address, without query; `graphql` for the GraphQL endpoint. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
  readonly etag?: string | undefined;
  /** For a write: a read of the written object succeeded just before. */
  readonly isSeen?: boolean;
  /** Reads stop at the budget floor. Writes, and the read before a write, do not. */
  readonly kind: "read" | "write";
  /** Noun phrase for messages: "the open pull requests of o/r". */
  readonly what: string;
  readonly signal: AbortSignal;
}

interface Reply {
  /** 304 when the etag still matches; otherwise a success. */
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined with 304. */
  readonly body: unknown;
}

export interface World {
  /** REST base address, with or without a trailing slash. */
  readonly apiUrl: string;
  readonly credential: Credential;
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent?: string;
  /** Timeout of one request in milliseconds; 10 s when absent. */
  readonly timeout?: number;
}

export interface Transport {
  /** Sends one request, without retries. Throws a `GitHubError`, or the signal's reason. */
  send(request: HttpRequest): Promise<Reply>;
  readonly budgets: Budgets;
  readonly clock: Clock;
}

const maxRedirects = 3;

/** HTTP for GitHub: handles the credential, budgets and moved repositories. Errors never contain our headers. */
export function createTransport(world: World): Transport {
  const { apiUrl, credential, clock, log, userAgent = "builderpool", timeout = 10_000 } = world;
  const baseUrl = apiUrl.replace(/\/+$/, "");
  // Octokit would log to the console. Our replies and errors contain the same facts.
  const ignore = () => undefined;
  const noLog = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const options = { fetch: fetchWithin(timeout), log: noLog };
  const octokit = new Octokit({ baseUrl, userAgent, request: options, log: noLog });
  const budgets = createBudgets();
  const moved = new Set<string>();
  let skew = 0;
  let secret: string | undefined;
  octokit.hook.after("request", ({ headers }) => recordHeaders(headers));
  octokit.hook.error("request", (error) => {
    recordHeaders(responseOf(error)?.headers ?? {});
    throw error;
  });
  const authorizer = createAuthorizer(credential, octokit.request, () => clock.now() + skew);

  async function send(request: HttpRequest): Promise<Reply> {
    const resource = resourceOf(request);
    const limit = budgets.limitOn(resource, clock.now());
    if (limit !== undefined) throw limit;
    const heldUntil = request.kind === "read" ? budgets.readsHeldUntil(resource, clock.now()) : undefined;
    if (heldUntil !== undefined) throw budgetError(request, heldUntil);
    let reply = await sendAuthorized(request);
    for (let hop = 0; isRedirect(reply.status) && hop < maxRedirects; hop += 1) {
      const url = underBase(baseUrl, String(reply.headers["location"] ?? ""));
      const repository = request.path.split("/").slice(2, 4).join("/");
      if (!moved.has(repository)) {
        log.warn(
          { repository, url },
          "the repository has moved; GitHub redirects for now: change its name in the pool",
        );
      }
      moved.add(repository);
      reply = await sendAuthorized(request, url);
    }
    if (reply.status < 300 && typeof reply.body === "object" && reply.body !== null) return reply;
    if (reply.status === 304) return { ...reply, body: undefined };
    if (reply.status < 400) {
      throw new GitHubError("Unreachable", `GitHub's reply for ${request.what} is cut short, or no JSON`);
    }
    throw errorOf(request, reply);
  }

  function errorOf(request: HttpRequest, reply: Reply): GitHubError {
    const anonymous = credential === "none";
    const failure = failureOf({ ...request, ...reply, secret, anonymous, now: clock.now(), skew });
    if (failure.code === "RateLimited") budgets.recordLimit(resourceOf(request), failure);
    return failure;
  }

  /** Sends with the credential. If GitHub rejects an installation token, sends once more with a fresh token. */
  async function sendAuthorized(request: HttpRequest, url?: string): Promise<Reply> {
    const first = await sendOnce(request, url, false);
    return first.status === 401 && authorizer.renewable ? await sendOnce(request, url, true) : first;
  }

  async function sendOnce(request: HttpRequest, url: string | undefined, fresh: boolean): Promise<Reply> {
    const token = await tokenFor(request, fresh);
    return await replyOf(request, () =>
      octokit.request({
        method: request.method,
        url: url ?? (request.path === "graphql" ? graphqlUrl(baseUrl) : request.path),
        headers: {
          ...(token === undefined ? {} : { authorization: `bearer ${token}` }),
          ...(request.etag === undefined ? {} : { "if-none-match": request.etag }),
        },
        request: { signal: request.signal },
        ...(request.body === undefined ? {} : { data: request.body }),
        ...(url === undefined ? request.query : {}),
      }),
    );
  }

  async function tokenFor(request: HttpRequest, fresh: boolean): Promise<string | undefined> {
    const tokenRequest = { ...request, what: "an installation token of the GitHub App" };
    const reply = await replyOf(tokenRequest, async () => {
      secret = await authorizer.token({ fresh });
      return { status: 200, headers: {}, data: undefined };
    });
    if (reply.status === 200) return secret;
    // A 404 means that the App is not installed. The object of the caller's request may well exist.
    throw errorOf(tokenRequest, { ...reply, status: reply.status === 404 ? 401 : reply.status });
  }

  function recordHeaders(headers: Headers): void {
    const ahead = Date.parse(String(headers["date"] ?? "")) - clock.now();
    if (Number.isFinite(ahead)) skew = Math.abs(ahead) < 5000 ? 0 : ahead;
    budgets.record(headers, skew);
  }

  return { send, budgets, clock };
}

function resourceOf({ path }: HttpRequest): "core" | "graphql" {
  return path === "graphql" ? "graphql" : "core";
}

/** GitHub's reply with any status. Throws `Unreachable` without one. Drops octokit's request: it has the token. */
async function replyOf(
  { what, signal }: HttpRequest,
  request: () => Promise<{ readonly status: number; readonly headers: Headers; readonly data: unknown }>,
): Promise<Reply> {
  try {
    const { status, headers, data } = await request();
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

/** The response inside an octokit error. Octokit throws for every status of 300 or more, except redirects. */
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

/** Moves an absolute GitHub address below the configured base address, which may be a broker's. */
function underBase(baseUrl: string, location: string): string {
  const { pathname, search } = URL.parse(location, baseUrl) ?? new URL(baseUrl);
  const prefixes = [new URL(baseUrl).pathname.replace(/\/$/, ""), "/api/v3"];
  const prefix = prefixes.find((candidate) => candidate !== "" && pathname.startsWith(`${candidate}/`)) ?? "";
  return `${baseUrl}${pathname.slice(prefix.length)}${search}`;
}

function budgetError({ what }: HttpRequest, retryAt: number): GitHubError {
  const until = new Date(retryAt).toISOString();
  const message = `GitHub's budget is nearly spent; reading ${what} waits until ${until}; the rest is kept for verdicts`;
  return new GitHubError("RateLimited", message, { retryAt });
}
