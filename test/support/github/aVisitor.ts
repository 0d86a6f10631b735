import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { startStandIn } from "./standIn.ts";

export const repository = "alice/hello";
export const json = (body: unknown) => JSON.stringify(body);

/** A program that uses its own stand-in by GraphQL, REST and git. */
export async function aVisitor() {
  const github = await startStandIn();
  const scratch = mkdtempSync(join(tmpdir(), "stand-in-test-"));
  onTestFinished(async () => {
    await github.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  function ask(path: string, init: RequestInit & { readonly token?: string | null } = {}): Promise<Response> {
    const { token = github.token, ...rest } = init;
    const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), ...init.headers };
    return fetch(path.startsWith("http") ? path : github.apiUrl + path, { ...rest, headers });
  }

  return {
    github,
    /** Working directory of git. */
    scratch,
    ask,
    async graphql(query: string, variables: object = {}) {
      const response = await ask("/graphql", { method: "POST", body: json({ query, variables }) });
      return {
        response,
        body: (await response.json()) as { data?: Record<string, never>; errors?: Record<string, never>[] },
      };
    },
    postStatus: (commit: string, status: object): Promise<Response> =>
      ask(`/repos/${repository}/statuses/${commit}`, { method: "POST", body: json({ state: "success", ...status }) }),
    /** Asynchronous: git's server runs in this process. */
    async git(...args: string[]): Promise<string> {
      const env = {
        PATH: process.env["PATH"] ?? "",
        HOME: scratch,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
      };
      const { stdout } = await promisify(execFile)("git", args, { cwd: scratch, env });
      return stdout.trim();
    },
  };
}

/** The same, with an open pull request. */
export async function withPullRequest() {
  const visitor = await aVisitor();
  await visitor.github.state.createRepository({ repository });
  const { number, commits } = await visitor.github.state.openPullRequest({ repository });
  return { ...visitor, number, commit: commits[0]?.oid ?? "" };
}

/** The facts of open pull requests that `src/github` reads. */
export const listing = `query($after: String, $size: Int!) {
  repository(owner: "alice", name: "hello") {
    pullRequests(first: $size, after: $after, states: OPEN, baseRefName: "master", orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title isDraft createdAt authorAssociation author { login }
        labels(first: 20) { nodes { name } }
        reviews(first: 20, states: APPROVED) { nodes { commit { oid } } }
        commits(last: 1) { nodes { commit { oid committedDate status { contexts { context state description } } } } }
      }
    }
  }
  rateLimit { limit cost remaining used resetAt }
}`;
