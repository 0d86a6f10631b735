import { z } from "zod";
import { createTransport, type World } from "./http/transport.ts";

export interface Account {
  /** Scopes of a classic token. GitHub does not report the rights of other credentials: absent. */
  readonly scopes?: readonly string[];
  /** Limit of the scarcer budget, REST or GraphQL, in requests or points per hour. */
  readonly limit: number;
  readonly remaining: number;
}

const Budget = z.object({ limit: z.number(), remaining: z.number() });
const Reply = z.object({ resources: z.object({ core: Budget, graphql: Budget.optional() }) });

/** Reads the scopes and budgets of the credential; free of charge. Throws a `GitHubError`, or the signal's reason. */
export async function requestAccount(world: World, signal: AbortSignal): Promise<Account> {
  const request = { method: "GET", path: "/rate_limit", kind: "write", what: "its rate limits", signal } as const;
  const { headers, body } = await createTransport(world).send(request);
  const { core, graphql = core } = Reply.parse(body).resources;
  const scarcer = graphql.remaining < core.remaining ? graphql : core;
  const scopes = headers["x-oauth-scopes"];
  return {
    limit: scarcer.limit,
    remaining: scarcer.remaining,
    ...(scopes !== undefined && {
      scopes: String(scopes)
        .split(",")
        .map((scope) => scope.trim())
        .filter((scope) => scope !== ""),
    }),
  };
}
