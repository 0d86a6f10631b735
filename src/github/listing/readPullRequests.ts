import { z } from "zod";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { type GraphQLReply, type GraphQLRequest, parseReply } from "../graphql/graphql.ts";
import { endless, mostPages } from "../graphql/pages.ts";
import { CommitNode, Labels, PullRequestNode, Reviews } from "../graphql/pullRequestNode.ts";
import { headQuery, moreQuery } from "../graphql/query.ts";
import { type CachedPullRequest, cachedPullRequestOf } from "./cachedPullRequest.ts";

/** Sends a GraphQL query to GitHub, with the retries of a read. */
export type Request = (request: GraphQLRequest) => Promise<GraphQLReply>;

export interface Page {
  readonly repository: string;
  readonly nodes: readonly unknown[];
  /** Positions in `nodes` without a usable value. */
  readonly damaged: ReadonlySet<number>;
  readonly signal: AbortSignal;
}

/** Parses the pull requests of a page. Leaves out unreadable pull requests and logs a warning for each. */
export async function readPullRequests(
  request: Request,
  log: Log,
  { repository, nodes, damaged, signal }: Page,
): Promise<CachedPullRequest[]> {
  const pullRequests: CachedPullRequest[] = [];
  for (const [position, node] of nodes.entries()) {
    const parsed = PullRequestNode.safeParse(damaged.has(position) ? null : node);
    try {
      if (parsed.success) pullRequests.push(await readPullRequest(request, parsed.data, repository, signal));
      else warn(node, firstIssue(parsed.error));
    } catch (error) {
      if (!(error instanceof GitHubError) || (error.code !== "NotFound" && error.code !== "Malformed")) throw error;
      warn(node, error.message);
    }
  }
  return pullRequests;

  function warn(node: unknown, reason: string): void {
    log.warn(
      { repository, number: numberOf(node), reason },
      "could not read a pull request; a later poll retries it, and its builds stay unchanged until then",
    );
  }
}

async function readPullRequest(
  request: Request,
  node: PullRequestNode,
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
  { id, headRefOid: oid }: PullRequestNode,
  what: string,
  signal: AbortSignal,
): Promise<CommitNode> {
  const { data } = await request({ query: headQuery, variables: { id, oid }, what, signal });
  return parseReply(Head, data, what).node.repository.object;
}

const More = z.object({ node: z.object({ labels: Labels, reviews: Reviews }) });

async function withAllPages(
  request: Request,
  first: PullRequestNode,
  what: string,
  signal: AbortSignal,
): Promise<PullRequestNode> {
  let node = first;
  for (let page = 1; node.labels.pageInfo.hasNextPage || node.reviews.pageInfo.hasNextPage; page += 1) {
    if (page > mostPages) throw endless(`the labels and reviews of ${what}`);
    const cursors = { labels: node.labels.pageInfo.endCursor, reviews: node.reviews.pageInfo.endCursor };
    const { data } = await request({ query: moreQuery, variables: { id: node.id, ...cursors }, what, signal });
    const more = parseReply(More, data, what).node;
    node = { ...node, labels: joined(node.labels, more.labels), reviews: joined(node.reviews, more.reviews) };
  }
  return node;
}

interface ConnectionPage<T> {
  readonly nodes: T[];
  readonly pageInfo: z.infer<typeof Labels>["pageInfo"];
}

/** A finished list keeps its last cursor: the next request then returns an empty page, and no item twice. */
function joined<T>(before: ConnectionPage<T>, next: ConnectionPage<T>): ConnectionPage<T> {
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
