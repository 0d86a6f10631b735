import { z } from "zod";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { type GraphQLReply, type GraphQLRequest, parseReply } from "../graphql/graphql.ts";
import {
  type CachedPullRequest,
  CommitNode,
  cachedPullRequestOf,
  Labels,
  type PullRequestNode as Pull,
  PullRequestNode,
  Reviews,
} from "../graphql/pullRequestNode.ts";
import { headQuery, moreQuery } from "../graphql/query.ts";

/** Asks GitHub, with the retries of a read. */
export type Request = (question: GraphQLRequest) => Promise<GraphQLReply>;

export interface Reading {
  readonly repository: string;
  readonly nodes: readonly unknown[];
  readonly damaged: ReadonlySet<number>;
  readonly signal: AbortSignal;
}

/** Cards of the pull requests among `nodes`; what cannot be read is left out with a warning, and its neighbours stay. */
export async function readPullRequests(
  request: Request,
  log: Log,
  { repository, nodes, damaged, signal }: Reading,
): Promise<CachedPullRequest[]> {
  const pullRequests: CachedPullRequest[] = [];
  for (const [position, node] of nodes.entries()) {
    const parsed = PullRequestNode.safeParse(damaged.has(position) ? null : node);
    try {
      if (parsed.success) pullRequests.push(await readCard(request, parsed.data, repository, signal));
      else
        log.warn({ repository, number: numberOf(node), reason: firstIssue(parsed.error) }, "pull request unreadable");
    } catch (error) {
      if (!(error instanceof GitHubError) || (error.code !== "NotFound" && error.code !== "Malformed")) throw error;
      log.warn({ repository, number: numberOf(node), reason: error.message }, "pull request unreadable");
    }
  }
  return pullRequests;
}

async function readCard(
  request: Request,
  node: Pull,
  repository: string,
  signal: AbortSignal,
): Promise<CachedPullRequest> {
  const what = `pull request ${repository}#${node.number}`;
  const head = node.commits.nodes.at(-1)?.commit;
  return cachedPullRequestOf(
    await withAllPages(request, node, what, signal),
    head?.oid === node.headRefOid ? head : await readHead(request, node, what, signal),
  );
}

const Head = z.object({ node: z.object({ repository: z.object({ object: CommitNode }) }) });

async function readHead(
  request: Request,
  { id, headRefOid: oid }: Pull,
  what: string,
  signal: AbortSignal,
): Promise<CommitNode> {
  const { data } = await request({ query: headQuery, variables: { id, oid }, what, signal });
  return parseReply(Head, data, what).node.repository.object;
}

const More = z.object({ node: z.object({ labels: Labels, reviews: Reviews }) });

async function withAllPages(request: Request, first: Pull, what: string, signal: AbortSignal): Promise<Pull> {
  let node = first;
  while (node.labels.pageInfo.hasNextPage || node.reviews.pageInfo.hasNextPage) {
    const cursors = { labels: node.labels.pageInfo.endCursor, reviews: node.reviews.pageInfo.endCursor };
    const { data } = await request({ query: moreQuery, variables: { id: node.id, ...cursors }, what, signal });
    const more = parseReply(More, data, what).node;
    node = { ...node, labels: joined(node.labels, more.labels), reviews: joined(node.reviews, more.reviews) };
  }
  return node;
}

interface Page<T> {
  readonly nodes: T[];
  readonly pageInfo: z.infer<typeof Labels>["pageInfo"];
}

/** An ended list keeps its last cursor, so that asking on answers nothing twice. */
function joined<T>(before: Page<T>, next: Page<T>): Page<T> {
  const endCursor = next.pageInfo.endCursor ?? before.pageInfo.endCursor;
  return { nodes: [...before.nodes, ...next.nodes], pageInfo: { ...next.pageInfo, endCursor } };
}

function numberOf(node: unknown): number | undefined {
  return z.object({ number: z.int() }).safeParse(node).data?.number;
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return issue === undefined || issue.path.length === 0
    ? "GitHub could not describe it"
    : `${issue.path.join(".")}: ${issue.message}`;
}
