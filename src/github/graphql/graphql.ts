import { z } from "zod";
import { GitHubError } from "../github.ts";
import type { Headers } from "../http/budget.ts";
import type { Transport } from "../http/transport.ts";
import { fieldNames } from "./query.ts";

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly what: string;
  readonly signal: AbortSignal;
  /** Paths of lists with independent items: an error about one item leaves the other items usable. */
  readonly lists?: readonly (readonly string[])[];
}

export interface GraphQLReply {
  readonly data: unknown;
  /** Positions with an error in each of `lists`. Ignore their values, null included. */
  readonly damaged: readonly ReadonlySet<number>[];
  /** Set when an item failed because the credential lacks a right. */
  readonly denied: GitHubError | undefined;
  /** Points charged by GitHub; undefined when the reply has no cost. */
  readonly cost: number | undefined;
}

const Body = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({
        type: z.string().optional(),
        message: z.string(),
        path: z.array(z.union([z.string(), z.int()])).nullish(),
        extensions: z.unknown().optional(),
      }),
    )
    .optional(),
});
const Charged = z.object({ rateLimit: z.object({ cost: z.int() }) });
type ReplyError = NonNullable<z.infer<typeof Body>["errors"]>[number];

/**
 * Sends one GraphQL query. A reply with errors is usable only if each error is about one item of `lists`.
 * Throws a `GitHubError` for any other error.
 */
export async function requestGraphQL(transport: Transport, request: GraphQLRequest): Promise<GraphQLReply> {
  const { query, variables, what, signal, lists = [] } = request;
  const post = { method: "POST", path: "graphql", kind: "read", body: { query, variables }, what, signal } as const;
  const reply = await transport.send(post);
  const { data, errors = [] } = parseReply(Body, reply.body, what);
  const damaged = lists.map(() => new Set<number>());
  let denied: GitHubError | undefined;
  for (const error of errors) {
    const failure = gitHubErrorOf(error, request, reply.headers, transport);
    const positions = lists.map((list) => positionIn(list, error));
    if (positions.every((position) => position === undefined)) {
      if (failure.code === "RateLimited") transport.budgets.recordLimit("graphql", failure);
      throw failure;
    }
    for (const [index, position] of positions.entries()) if (position !== undefined) damaged[index]?.add(position);
    if (failure.code === "Unauthorized") denied = failure;
  }
  return { data, damaged, denied, cost: Charged.safeParse(data).data?.rateLimit.cost };
}

/** Parses part of a reply. Throws a `GitHubError` with code `Malformed` when the value does not fit the schema. */
export function parseReply<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "unknown" };
  throw new GitHubError(
    "Malformed",
    `GitHub's reply for ${what} does not match GitHub's documentation at ${path.join(".")}: ${message}`,
  );
}

function positionIn(list: readonly string[], { type = "", path }: ReplyError): number | undefined {
  const position = path?.[list.length];
  const within = list.every((name, index) => path?.[index] === name);
  return within && typeof position === "number" && !isLimit(type) ? position : undefined;
}

function gitHubErrorOf(
  error: ReplyError,
  { what }: GraphQLRequest,
  headers: Headers,
  transport: Transport,
): GitHubError {
  const { type = "", message, path, extensions } = error;
  const answer = `GitHub answered "${message.slice(0, 300)}" for ${what}`;
  if (isLimit(type) || /rate limit/i.test(message)) {
    const retryAt = limitedUntil(headers, transport);
    const until = new Date(retryAt).toISOString();
    return new GitHubError("RateLimited", `${answer}; the next request waits until ${until}`, { retryAt });
  }
  if (type === "NOT_FOUND")
    return new GitHubError("NotFound", `${answer}; correct the name, or give the credential access`);
  if (type === "FORBIDDEN" || type === "INSUFFICIENT_SCOPES") {
    const field = path?.findLast((part) => typeof part === "string");
    const right = field === undefined ? "that right" : `the right to read "${fieldNames[field] ?? field}"`;
    return new GitHubError("Unauthorized", `${answer}; grant the credential ${right}`);
  }
  // GitHub's schema refuses the query, for example on an older Enterprise server. A retry cannot help.
  if (type === "" && extensions !== undefined) return new GitHubError("Malformed", answer);
  return new GitHubError("Unreachable", answer);
}

/**
 * End of a rate limit, as for REST: Retry-After, or the reset time when no points remain.
 * Otherwise the secondary limit applies: GitHub documents a wait of at least one minute.
 */
function limitedUntil(headers: Headers, { budgets, clock }: Transport): number {
  const now = clock.now();
  const seconds = Number.parseInt(String(headers["retry-after"] ?? ""), 10);
  if (Number.isFinite(seconds)) return now + seconds * 1000;
  const budget = budgets.all().find(({ resource }) => resource === "graphql");
  return budget?.remaining === 0 && budget.resetAt > now ? budget.resetAt : now + 60_000;
}

function isLimit(type: string): boolean {
  return type.startsWith("RATE_LIMIT");
}
