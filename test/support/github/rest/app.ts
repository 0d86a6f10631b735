import { createHash } from "node:crypto";
import { Hono } from "hono";
import type { Accounts, Caller } from "../accounts.ts";
import type { Budgets } from "../budgets.ts";
import type { State } from "../state.ts";
import { appRoutes } from "./appTokens.ts";
import { commentRoutes } from "./comments.ts";
import { commitRoutes } from "./commits.ts";
import { notFound, Refusal } from "./refusal.ts";
import { repositoryRoutes } from "./repositories.ts";

export interface Hub {
  readonly state: State;
  readonly accounts: Accounts;
  readonly budgets: Budgets;
}

export interface Env {
  readonly Variables: { readonly caller: Caller };
}

/** The part of GitHub's REST interface that a lister and a reporter use. */
export function restApi(hub: Hub): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error) => {
    if (error instanceof Refusal) return error.response();
    throw error;
  });
  app.notFound(() => notFound().response());
  appRoutes(app, hub);
  admission(app, hub);
  repositoryRoutes(app, hub.state);
  commitRoutes(app, hub.state);
  commentRoutes(app, hub.state);
  return app;
}

/** Checks the caller, charges the budget, and handles the ETag. An unchanged reply is free. */
function admission(app: Hono<Env>, { accounts, budgets }: Hub): void {
  app.use(async (c, next) => {
    const caller = accounts.caller(c.req.header("authorization"));
    if (caller === undefined) throw new Refusal(401, "Bad credentials");
    c.set("caller", caller);
    if (caller.scopes !== undefined) c.header("x-oauth-scopes", caller.scopes);
    if (c.req.path.endsWith("/rate_limit")) return c.json(rateLimits(budgets, caller));
    const budget = budgets.read(caller, "core");
    if (budget.remaining < 1) {
      const refusal = new Refusal(403, `API rate limit exceeded for ${caller.login}.`);
      return withHeaders(refusal.response(), budgets.headers(caller, "core"));
    }
    await next();
    const unchanged = await sameAsKnown(c.req.raw, c.res);
    if (unchanged !== undefined) c.res = unchanged;
    if (c.res.status !== 304) budgets.charge(caller, "core", 1);
    c.res = withHeaders(c.res, budgets.headers(caller, "core"));
    return undefined;
  });
}

function rateLimits(budgets: Budgets, caller: Caller) {
  const shape = (resource: "core" | "graphql") => {
    const { limit, used, remaining, resetAt } = budgets.read(caller, resource);
    return { limit, used, remaining, reset: Math.ceil(resetAt / 1000) };
  };
  const resources = { core: shape("core"), graphql: shape("graphql") };
  return { resources, rate: resources.core };
}

/** The reply with an ETag, or 304 without a body when the request has the same ETag. */
async function sameAsKnown(request: Request, response: Response): Promise<Response | undefined> {
  if (request.method !== "GET" || response.status !== 200) return undefined;
  const body = await response.text();
  const headers = new Headers(response.headers);
  const etag = `W/"${createHash("sha256")
    .update(body)
    .update(headers.get("link") ?? "")
    .digest("hex")}"`;
  headers.set("etag", etag);
  if (request.headers.get("if-none-match") !== etag) return new Response(body, { headers });
  headers.delete("content-type");
  return new Response(null, { status: 304, headers });
}

function withHeaders(response: Response, extra: Record<string, string>): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}
