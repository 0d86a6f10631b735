import { nodeId as id, readNodeId } from "../nodeId.ts";
import {
  type Commit,
  combinedState,
  currentStatuses,
  fullName,
  headOf,
  type PullRequestRecord,
  type RepositoryRecord,
  type ReviewRecord,
  type StatusRecord,
} from "../records.ts";
import { iso } from "../rest/shapes.ts";
import type { State } from "../state.ts";
import { connection, type PageArguments } from "./connection.ts";

/** Objects as graphql-js resolves them: a property per field, or a function for a field with arguments. */

interface PullArguments extends PageArguments {
  readonly states?: readonly string[] | null;
  readonly baseRefName?: string | null;
  readonly labels?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: "ASC" | "DESC" } | null;
}

export function repositoryView(state: State, repository: RepositoryRecord) {
  return {
    __typename: "Repository",
    id: id("R", fullName(repository)),
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: { __typename: "Organization", login: repository.owner, id: id("O", repository.owner) },
    isPrivate: false,
    defaultBranchRef: () => branchView(repository, repository.defaultBranch),
    ref: ({ qualifiedName }: { qualifiedName: string }) =>
      branchView(repository, qualifiedName.replace(/^refs\/heads\//, "")),
    object: ({ oid, expression }: { oid?: string; expression?: string }) => {
      const commit = repository.commits[oid ?? expression ?? ""] ?? repository.branches[expression ?? ""];
      return commit === undefined ? null : commitView(repository, commit);
    },
    pullRequest: ({ number }: { number: number }) => {
      const pull = repository.pulls[number];
      return pull === undefined ? null : pullView(state, repository, pull);
    },
    pullRequests: (wish: PullArguments) => {
      const sign = wish.orderBy?.direction === "DESC" ? -1 : 1;
      const time = (pull: PullRequestRecord) =>
        wish.orderBy?.field === "UPDATED_AT" ? pull.updatedAt : pull.createdAt;
      return connection(
        Object.values(repository.pulls).filter((pull) => matches(pull, wish)),
        wish,
        (pull) => [sign * time(pull), sign * pull.number],
        (pull) => pullView(state, repository, pull),
      );
    },
  };
}

/** A pull request or a commit by its global id; undefined for an unknown id. */
export function nodeView(state: State, globalId: string) {
  const { kind, text } = readNodeId(globalId);
  const repositories = Object.values(state.records.repositories);
  if (kind === "C") {
    const repository = repositories.find(({ commits }) => commits[text] !== undefined);
    const commit = repository?.commits[text];
    return repository && commit && commitView(repository, commit);
  }
  const [name = "", number = ""] = text.split("#");
  const repository = kind === "PR" ? state.findRepository(name) : undefined;
  const pull = repository?.pulls[number];
  return repository && pull && pullView(state, repository, pull);
}

export function teamView(slug: string, members: readonly string[]) {
  return {
    __typename: "Team",
    id: id("T", slug),
    slug,
    name: slug,
    members: (page: PageArguments) => connection(members, page, byIndex, actorView),
  };
}

function matches(pull: PullRequestRecord, wish: PullArguments): boolean {
  if (wish.states != null && !wish.states.includes(pull.state)) return false;
  if (wish.baseRefName != null && pull.base !== wish.baseRefName) return false;
  return wish.labels == null || wish.labels.some((label) => pull.labels.includes(label));
}

function pullView(state: State, repository: RepositoryRecord, pull: PullRequestRecord) {
  const approving = pull.reviews.filter((review) => review.state === "APPROVED");
  return {
    __typename: "PullRequest",
    id: id("PR", `${fullName(repository)}#${pull.number}`),
    number: pull.number,
    title: pull.title,
    state: pull.state,
    isDraft: pull.isDraft,
    closed: pull.state !== "OPEN",
    merged: pull.state === "MERGED",
    author: actorView(pull.author),
    authorAssociation: pull.association,
    baseRefName: pull.base,
    baseRefOid: repository.branches[pull.base]?.oid,
    headRefName: pull.headBranch,
    headRefOid: headOf(pull).oid,
    createdAt: iso(pull.createdAt),
    updatedAt: iso(pull.updatedAt),
    closedAt: pull.closedAt === null ? null : iso(pull.closedAt),
    reviewDecision: approving.length > 0 ? "APPROVED" : null,
    repository: () => repositoryView(state, repository),
    labels: (page: PageArguments) => connection(pull.labels, page, byIndex, labelView),
    commits: (page: PageArguments) =>
      connection(pull.commits, page, byIndex, (commit) => ({
        __typename: "PullRequestCommit",
        id: id("PRC", commit.oid),
        commit: commitView(repository, commit),
      })),
    comments: (page: PageArguments) =>
      connection(pull.comments, page, byIndex, (comment) => ({
        __typename: "IssueComment",
        id: id("IC", String(comment.id)),
        databaseId: comment.id,
        author: actorView(comment.author),
        body: comment.body,
        createdAt: iso(comment.createdAt),
        updatedAt: iso(comment.updatedAt),
      })),
    reviews: (wish: PageArguments & { readonly states?: readonly string[] | null }) =>
      connection(
        pull.reviews.filter((review) => wish.states == null || wish.states.includes(review.state)),
        wish,
        byIndex,
        (review) => reviewView(repository, review),
      ),
    latestReviews: (page: PageArguments) =>
      connection(latestByAuthor(pull.reviews), page, byIndex, (review) => reviewView(repository, review)),
    // A plain comment keeps the author's earlier opinion.
    latestOpinionatedReviews: (page: PageArguments) =>
      connection(
        latestByAuthor(pull.reviews.filter((review) => review.state !== "COMMENTED")),
        page,
        byIndex,
        (review) => reviewView(repository, review),
      ),
  };
}

function commitView(repository: RepositoryRecord, commit: Commit) {
  const statuses = currentStatuses(repository, commit.oid);
  return {
    __typename: "Commit",
    id: id("C", commit.oid),
    oid: commit.oid,
    abbreviatedOid: commit.oid.slice(0, 7),
    message: commit.message,
    committedDate: iso(commit.committedAt),
    authoredDate: iso(commit.committedAt),
    // GitHub returns null, not an empty list, for a commit without a status.
    status: statuses.length === 0 ? null : statusView(commit.oid, statuses),
  };
}

function statusView(oid: string, statuses: readonly StatusRecord[]) {
  const contexts = statuses.map((status) => ({
    __typename: "StatusContext",
    id: id("SC", String(status.id)),
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    createdAt: iso(status.createdAt),
    creator: actorView(status.creator),
  }));
  return {
    __typename: "Status",
    id: id("S", oid),
    state: combinedState(statuses).toUpperCase(),
    contexts,
    context: ({ name }: { name: string }) => contexts.find(({ context }) => context === name) ?? null,
  };
}

function reviewView(repository: RepositoryRecord, review: ReviewRecord) {
  const commit = repository.commits[review.commit];
  return {
    __typename: "PullRequestReview",
    id: id("PRR", String(review.id)),
    author: actorView(review.author),
    authorAssociation: review.association ?? "MEMBER",
    state: review.state,
    submittedAt: iso(review.submittedAt),
    // Null when GitHub has dropped the commit after a force push.
    commit: commit === undefined ? null : commitView(repository, commit),
  };
}

function branchView(repository: RepositoryRecord, name: string) {
  const tip = repository.branches[name];
  return tip === undefined
    ? null
    : { __typename: "Ref", id: id("REF", name), name, target: commitView(repository, tip) };
}

function actorView(login: string | null) {
  if (login === null) return null;
  return login.endsWith("[bot]")
    ? { __typename: "Bot", id: id("BOT", login), login: login.slice(0, -"[bot]".length) }
    : { __typename: "User", id: id("U", login), login };
}

function labelView(name: string) {
  return { __typename: "Label", id: id("LA", name), name };
}

function latestByAuthor(reviews: readonly ReviewRecord[]): ReviewRecord[] {
  return [...new Map(reviews.map((review) => [review.author, review])).values()];
}

function byIndex(_: unknown, index: number): readonly number[] {
  return [index];
}
