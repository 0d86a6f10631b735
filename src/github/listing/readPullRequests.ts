import { z } from "zod";
import type { Log } from "../../system/log.ts";
import { GitHubError } from "../github.ts";
import { type Question, type Reply, read } from "../graphql/graphql.ts";
import {
  type Card,
  CommitNode,
  cardOf,
  Labels,
  type PullRequestNode as Pull,
  PullRequestNode,
  Reviews,
} from "../graphql/pullRequestNode.ts";
import { headQuery, moreQuery } from "../graphql/query.ts";

/** Asks GitHub, with the retries of a read. */
export type Ask = (question: Question) => Promise<Reply>;

export interface Reading {
  readonly repository: string;
  readonly nodes: readonly unknown[];
  readonly damaged: ReadonlySet<number>;
  readonly signal: AbortSignal;
}

/** Cards of the pull requests among `nodes`; what cannot be read is left out with a warning, and its neighbours stay. */
export async function readCards(ask: Ask, log: Log, { repository, nodes, damaged, signal }: Reading): Promise<Card[]> {
  const cards: Card[] = [];
  for (const [position, node] of nodes.entries()) {
    const parsed = PullRequestNode.safeParse(damaged.has(position) ? null : node);
    try {
      if (parsed.success) cards.push(await readCard(ask, parsed.data, repository, signal));
      else
        log.warn({ repository, number: numberOf(node), reason: firstIssue(parsed.error) }, "pull request unreadable");
    } catch (error) {
      if (!(error instanceof GitHubError) || (error.code !== "NotFound" && error.code !== "Malformed")) throw error;
      log.warn({ repository, number: numberOf(node), reason: error.message }, "pull request unreadable");
    }
  }
  return cards;
}

async function readCard(ask: Ask, node: Pull, repository: string, signal: AbortSignal): Promise<Card> {
  const what = `pull request ${repository}#${node.number}`;
  const head = node.commits.nodes.at(-1)?.commit;
  return cardOf(
    await withAllPages(ask, node, what, signal),
    head?.oid === node.headRefOid ? head : await readHead(ask, node, what, signal),
  );
}

const Head = z.object({ node: z.object({ repository: z.object({ object: CommitNode }) }) });

async function readHead(
  ask: Ask,
  { id, headRefOid: oid }: Pull,
  what: string,
  signal: AbortSignal,
): Promise<CommitNode> {
  const { data } = await ask({ query: headQuery, variables: { id, oid }, what, signal });
  return read(Head, data, what).node.repository.object;
}

const More = z.object({ node: z.object({ labels: Labels, reviews: Reviews }) });

async function withAllPages(ask: Ask, first: Pull, what: string, signal: AbortSignal): Promise<Pull> {
  let node = first;
  while (node.labels.pageInfo.hasNextPage || node.reviews.pageInfo.hasNextPage) {
    const cursors = { labels: node.labels.pageInfo.endCursor, reviews: node.reviews.pageInfo.endCursor };
    const { data } = await ask({ query: moreQuery, variables: { id: node.id, ...cursors }, what, signal });
    const more = read(More, data, what).node;
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
