import { z } from "zod";
import { createTransport, type World } from "./http/transport.ts";

export interface Account {
  /** Scopes of a classic token; absent for other credentials, whose rights GitHub does not tell. */
  readonly scopes?: readonly string[];
  /** Of the scarcer budget, REST or GraphQL. */
  readonly limit: number;
  readonly remaining: number;
}

const Budget = z.object({ limit: z.number(), remaining: z.number() });
const Answer = z.object({ resources: z.object({ core: Budget, graphql: Budget.optional() }) });

/** Asks GitHub once what the credential is worth, which costs nothing of its budget. Throws GitHubError, or the signal's reason. */
export async function requestAccount(world: World, signal: AbortSignal): Promise<Account> {
  const call = { method: "GET", path: "/rate_limit", kind: "write", what: "its rate limits", signal } as const;
  const { headers, body } = await createTransport(world).send(call);
  const { core, graphql = core } = Answer.parse(body).resources;
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
