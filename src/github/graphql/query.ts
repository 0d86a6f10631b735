import { commitFields, pullRequestFields, reviewFields } from "./pullRequestNode.ts";

/**
 * GitHub charges a query by its connections. It counts one request for each parent of each connection, and divides the
 * sum by 100. The result is rounded, and is at least 1 point. The sizes below follow from that rule:
 *
 *   open     1 + 1 + 3 × 49 = 149 requests → 1 point for 49 pull requests (a page of 100 costs 3)
 *   changed      3 × 49     = 147 requests → 1 point for up to 49 pull requests, of any repositories
 *   heads            0                     → 1 point for up to 100 commits: statuses are a plain list, no connection
 *   members      1                         → 1 point for 100 members
 *
 * An hour of 15 repositories with 300 open pull requests, polled every minute:
 *
 *   probes      15 × 60 conditional REST requests, free without changes (304)
 *   changed     1 point for each poll of a repository with changes: 30 to 90 in a working hour
 *   heads       free with `changed`; else every third poll, all repositories together: at most 20 points
 *   open        once an hour, for changes without another sign: about 20 points
 *   first       1 point for each poll while a commit waits for its first build: up to 60 for a repository in an hour
 *
 * The total is 60 to 130 points of 5,000, and at most 1,070 while every repository has a queue all the time. The number
 * of builders does not matter.
 */
export const pageSize = 49;
/** GitHub accepts at most 100 ids in one list. */
export const headsSize = 100;

const budget = "rateLimit { cost }";

/**
 * A page of open pull requests, oldest first. `numbers` repeats the page with ids and numbers only. A pull request that
 * GitHub cannot return in full is null in `open`. Without `numbers` such a pull request would look closed.
 */
export const openQuery = `query Open($owner: String!, $name: String!, $branch: String!, $ref: String!, $after: String) {
  ${budget}
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) { id }
    numbers: pullRequests(states: OPEN, baseRefName: $branch, first: ${pageSize}, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
      nodes { id number }
    }
    open: pullRequests(states: OPEN, baseRefName: $branch, first: ${pageSize}, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
      nodes { ...PullRequestFields }
      pageInfo { hasNextPage endCursor }
    }
  }
}
${pullRequestFields}`;

/** GitHub's names of the fields with an alias in our queries. */
export const fieldNames: Readonly<Record<string, string>> = {
  numbers: "pullRequests",
  open: "pullRequests",
  reviews: "latestOpinionatedReviews",
};

/** Lists of commits in one query. Their statuses cost nothing beside other items. */
const headsLists = ["heads0", "heads1", "heads2"] as const;
/** Most commits in one query. */
export const mostHeads = headsLists.length * headsSize;
/** Paths of the lists in the reply. */
export const headsPaths = headsLists.map((list) => [list]);
const headsVariables = headsLists.map((list) => `$${list}: [ID!]!`).join(", ");
const headsFields = headsLists.map((list) => `${list}: nodes(ids: $${list}) { ...CommitFields }`).join("\n  ");

/** The variables of a query for these commits. */
export function headsIn(ids: readonly string[]): Readonly<Record<(typeof headsLists)[number], readonly string[]>> {
  const part = (index: number) => ids.slice(index * headsSize, (index + 1) * headsSize);
  return { heads0: part(0), heads1: part(1), heads2: part(2) };
}

/** Changed pull requests, and the statuses of commits. */
export const changedQuery = `query Changed($ids: [ID!]!, ${headsVariables}) {
  ${budget}
  nodes(ids: $ids) { ...PullRequestFields }
  ${headsFields}
}
${pullRequestFields}`;

export const headsQuery = `query Heads(${headsVariables}) {
  ${budget}
  ${headsFields}
}
${commitFields}`;

/** The head commit of a pull request with more than 250 commits. GitHub lists at most 250, without the head. */
export const headQuery = `query Head($id: ID!, $oid: GitObjectID!) {
  ${budget}
  node(id: $id) { ... on PullRequest { repository { object(oid: $oid) { ...CommitFields } } } }
}
${commitFields}`;

/** Further labels and reviews. A finished list returns an empty page. */
export const moreQuery = `query More($id: ID!, $labels: String, $reviews: String) {
  ${budget}
  node(id: $id) {
    ... on PullRequest {
      labels(first: 100, after: $labels) { nodes { name } pageInfo { hasNextPage endCursor } }
      reviews: latestOpinionatedReviews(first: 100, after: $reviews) { ...ReviewFields }
    }
  }
}
${reviewFields}`;

/** The account of the credential: a person, or a bot for a GitHub App. */
export const viewerQuery = `query Viewer { ${budget} viewer { login } }`;

export const membersQuery = `query Members($organization: String!, $team: String!, $after: String) {
  ${budget}
  organization(login: $organization) {
    team(slug: $team) {
      members(first: 100, after: $after) { nodes { login } pageInfo { hasNextPage endCursor } }
    }
  }
}`;
