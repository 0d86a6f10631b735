import { z } from "zod";
import { GitHubError } from "../github.ts";
import type { Headers } from "../http/budget.ts";
import type { Transport } from "../http/transport.ts";
import { ownNames } from "./query.ts";

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly what: string;
  readonly signal: AbortSignal;
  /** Where one damaged item may cost only itself: the path of the list it is in. */
  readonly list?: readonly string[];
}

export interface GraphQLReply {
  readonly data: unknown;
  /** Positions in `list` that GitHub could not answer for. What is read there means nothing, null included. */
  readonly damaged: ReadonlySet<number>;
  /** Present when it could not answer for want of a right of the credential. */
  readonly denied: GitHubError | undefined;
  /** Points that GitHub charged; undefined where it does not say. */
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
type Complaint = NonNullable<z.infer<typeof Body>["errors"]>[number];

/** Asks GitHub's GraphQL. An answer with errors counts only where each of them is about one item of `list`. */
export async function request(transport: Transport, question: GraphQLRequest): Promise<GraphQLReply> {
  const { query, variables, what, signal, list } = question;
  const call = { method: "POST", path: "graphql", kind: "read", body: { query, variables }, what, signal } as const;
  const answer = await transport.send(call);
  const { data, errors = [] } = parseReply(Body, answer.body, what);
  const damaged = new Set<number>();
  let denied: GitHubError | undefined;
  for (const error of errors) {
    const position = positionIn(list, error);
    const failure = complaint(error, question, answer.headers, transport);
    if (position === undefined) {
      if (failure.code === "RateLimited") transport.budgets.meet("graphql", failure);
      throw failure;
    }
    damaged.add(position);
    if (failure.code === "Unauthorized") denied = failure;
  }
  return { data, damaged, denied, cost: Charged.safeParse(data).data?.rateLimit.cost };
}

/** Parses part of an answer; what does not fit is GitHub's mistake, or ours about GitHub. */
export function parseReply<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "unknown" };
  throw new GitHubError(
    "Malformed",
    `GitHub's answer for ${what} is not as documented at ${path.join(".")}: ${message}`,
  );
}

function positionIn(list: readonly string[] | undefined, { type = "", path }: Complaint): number | undefined {
  const position = list === undefined ? undefined : path?.[list.length];
  const within = list?.every((name, index) => path?.[index] === name) ?? false;
  return within && typeof position === "number" && !isLimit(type) ? position : undefined;
}

function complaint(error: Complaint, { what }: GraphQLRequest, headers: Headers, transport: Transport): GitHubError {
  const { type = "", message, path, extensions } = error;
  const answer = `GitHub answered "${message.slice(0, 300)}" for ${what}`;
  if (isLimit(type) || /rate limit/i.test(message)) {
    const retryAt = limitedUntil(headers, transport);
    const until = new Date(retryAt).toISOString();
    return new GitHubError("RateLimited", `${answer}; it is not asked again before ${until}`, { retryAt });
  }
  if (type === "NOT_FOUND")
    return new GitHubError("NotFound", `${answer}; correct the name, or let the credential see it`);
  if (type === "FORBIDDEN" || type === "INSUFFICIENT_SCOPES") {
    const field = path?.findLast((part) => typeof part === "string");
    const right = field === undefined ? "that right" : `the right to read "${ownNames[field] ?? field}"`;
    return new GitHubError("Unauthorized", `${answer}; grant the credential ${right}`);
  }
  // A query that GitHub's schema refuses, as an older Enterprise server may, is refused the next time too.
  if (type === "" && extensions !== undefined) return new GitHubError("Malformed", answer);
  return new GitHubError("Unreachable", answer);
}

/** As for REST: Retry-After; the reset when nothing remains; else this is the secondary limit, whose rule is at least a minute. */
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
