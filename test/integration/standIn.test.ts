import { execFile } from "node:child_process";
import { createSign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type StandIn, startStandIn } from "../support/github/standIn.ts";

let github: StandIn;
let scratch: string;
beforeEach(async () => {
  github = await startStandIn();
  scratch = mkdtempSync(join(tmpdir(), "stand-in-test-"));
});
afterEach(async () => {
  await github.close();
  rmSync(scratch, { recursive: true, force: true });
});

const repository = "alice/hello";
const json = (body: unknown) => JSON.stringify(body);

function ask(path: string, init: RequestInit & { readonly token?: string | null } = {}): Promise<Response> {
  const { token = github.token, ...rest } = init;
  const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), ...init.headers };
  return fetch(path.startsWith("http") ? path : github.apiUrl + path, { ...rest, headers });
}

async function graphql(query: string, variables: object = {}) {
  const response = await ask("/graphql", { method: "POST", body: json({ query, variables }) });
  return {
    response,
    body: (await response.json()) as { data?: Record<string, never>; errors?: Record<string, never>[] },
  };
}

function postStatus(commit: string, status: object): Promise<Response> {
  return ask(`/repos/${repository}/statuses/${commit}`, {
    method: "POST",
    body: json({ state: "success", ...status }),
  });
}

/** Never the synchronous way: the server that git talks to lives in this process. */
async function git(...args: string[]): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: scratch, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
  const { stdout } = await promisify(execFile)("git", args, { cwd: scratch, env });
  return stdout.trim();
}

const listing = `query($after: String, $size: Int!) {
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

describe("the pull requests of the stand-in", () => {
  it("read the same over GraphQL, REST and git", async () => {
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    const { number } = await github.state.openPullRequest({ repository, files: { "a.txt": "two\n" }, title: "Count" });
    const head = await github.state.push({ repository, number, files: { "b/c.sh": "#!/bin/sh\n" } });

    const { body } = await graphql(listing, { size: 10 });
    const rest = await (await ask(`/repos/${repository}/pulls/${number}`)).json();
    await git("clone", "--quiet", `${github.gitUrl}/${repository}`, "clone");
    await git("-C", "clone", "fetch", "--quiet", "origin", `+refs/pull/${number}/head`);

    expect(body).toMatchObject({
      data: {
        repository: {
          pullRequests: {
            nodes: [{ number, title: "Count", commits: { nodes: [{ commit: { oid: head, status: null } }] } }],
          },
        },
      },
    });
    expect(rest).toMatchObject({ number, title: "Count", state: "open", head: { sha: head }, base: { ref: "master" } });
    expect(await git("-C", "clone", "rev-parse", "FETCH_HEAD")).toBe(head);
    expect(await git("-C", "clone", "show", "FETCH_HEAD:a.txt")).toBe("two");
    expect(await git("-C", "clone", "ls-tree", "FETCH_HEAD", "b/c.sh")).toContain("100755");
  });

  it("come in pages that do not shift when one is opened in between", async () => {
    await github.state.createRepository({ repository });
    for (let number = 1; number <= 5; number++) {
      await github.state.openPullRequest({ repository, createdAt: 1_700_000_000_000 + number });
    }
    const seen: number[] = [];
    let after: string | null = null;
    do {
      const { body } = await graphql(listing, { size: 2, after });
      const { nodes, pageInfo } = (body.data as never)["repository"]["pullRequests"] as {
        nodes: { number: number }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      seen.push(...nodes.map(({ number }) => number));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      await github.state.openPullRequest({ repository, createdAt: 1_600_000_000_000 });
    } while (after !== null);

    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("have numbers of their own, also when they are opened at the same time", async () => {
    await github.state.createRepository({ repository, files: { "a.txt": "a" } });
    const opened = await Promise.all(
      ["one", "two", "three"].map((title) =>
        github.state.openPullRequest({ repository, title, files: { [title]: "" } }),
      ),
    );
    expect(opened.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it("may have an author whose account is gone", async () => {
    await github.state.createRepository({ repository });
    await github.state.openPullRequest({ repository, author: null });

    expect((await graphql(listing, { size: 1 })).body).toMatchObject({
      data: { repository: { pullRequests: { nodes: [{ author: null }] } } },
    });
    expect(await (await ask(`/repos/${repository}/pulls`)).json()).toMatchObject([
      { user: { login: "ghost" }, head: { repo: null } },
    ]);
  });

  it("move their base branch when merged, and refuse to when they conflict", async () => {
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    const first = await github.state.openPullRequest({ repository, files: { "a.txt": "two\n" } });
    const second = await github.state.openPullRequest({ repository, files: { "a.txt": "three\n" } });

    await github.state.merge({ repository, number: first.number });

    await expect(github.state.merge({ repository, number: second.number })).rejects.toThrow("conflicts with master");
    await git("clone", "--quiet", `${github.gitUrl}/${repository}.git`, "clone");
    expect(readFileSync(join(scratch, "clone/a.txt"), "utf8")).toBe("two\n");
    expect(await git("-C", "clone", "log", "-1", "--format=%s")).toBe("Merge pull request #1");
  });
});

describe("GraphQL of the stand-in", () => {
  it("charges by GitHub's rule: 75 pull requests with three connections each are 226 requests, 2 points", async () => {
    await github.state.createRepository({ repository });
    const { response, body } = await graphql(listing, { size: 75 });

    expect(body.data?.["rateLimit"]).toMatchObject({ limit: 5000, cost: 2, remaining: 4998, used: 2 });
    expect(response.headers.get("x-ratelimit-remaining")).toBe("4998");
    expect(response.headers.get("x-ratelimit-resource")).toBe("graphql");
  });

  it("wants a credential, bounded pages and fields that exist", async () => {
    await github.state.createRepository({ repository });
    expect((await ask("/graphql", { method: "POST", token: null, body: json({ query: listing }) })).status).toBe(401);
    expect((await ask("/graphql", { method: "POST", token: "wrong", body: json({ query: listing }) })).status).toBe(
      401,
    );
    expect((await graphql(listing, { size: 101 })).body.errors).toMatchObject([{ type: "EXCESSIVE_PAGINATION" }]);
    expect(
      (await graphql('{ repository(owner: "alice", name: "hello") { labels { totalCount } } }')).body.errors,
    ).toMatchObject([{ type: "MISSING_PAGINATION_BOUNDARIES" }]);
    expect((await graphql("{ viewer { shoeSize } }")).body.errors).toMatchObject([
      { message: "Field 'shoeSize' doesn't exist on type 'User'" },
    ]);
    expect((await graphql('{ repository(owner: "alice", name: "gone") { id } }')).body).toMatchObject({
      data: { repository: null },
      errors: [{ type: "NOT_FOUND", path: ["repository"] }],
    });
  });

  it("knows teams and reviews, an opinion being the last word of its author", async () => {
    await github.state.createRepository({ repository });
    const { number } = await github.state.openPullRequest({ repository });
    github.state.setTeam({ organization: "alice", team: "core", members: ["ada", "bob", "cleo"] });
    github.state.review({ repository, number, author: "bob", state: "APPROVED" });
    github.state.review({ repository, number, author: "bob", state: "CHANGES_REQUESTED" });
    github.state.review({ repository, number, author: "bob", state: "COMMENTED" });

    const { body } = await graphql(`{
      organization(login: "alice") { team(slug: "core") { members(first: 2) { nodes { login } pageInfo { hasNextPage } } } none: team(slug: "none") { id } }
      repository(owner: "alice", name: "hello") { pullRequest(number: ${number}) { latestOpinionatedReviews(first: 5) { nodes { state author { login } } } } }
    }`);

    expect(body).toEqual({
      data: {
        organization: {
          team: { members: { nodes: [{ login: "ada" }, { login: "bob" }], pageInfo: { hasNextPage: true } } },
          none: null,
        },
        repository: {
          pullRequest: {
            latestOpinionatedReviews: { nodes: [{ state: "CHANGES_REQUESTED", author: { login: "bob" } }] },
          },
        },
      },
    });
  });

  it("answers at the Enterprise address too", async () => {
    const [origin] = github.enterpriseApiUrl.split("/api/v3");
    const answer = await ask(`${origin}/api/graphql`, {
      method: "POST",
      body: json({ query: "{ viewer { login } }" }),
    });
    expect(await answer.json()).toEqual({ data: { viewer: { login: "alibuild" } } });
    expect((await ask(`${github.enterpriseApiUrl}/rate_limit`)).status).toBe(200);
  });
});

describe("REST of the stand-in", () => {
  let commit: string;
  let number: number;
  beforeEach(async () => {
    await github.state.createRepository({ repository });
    const pull = await github.state.openPullRequest({ repository });
    number = pull.number;
    commit = pull.commits[0]?.oid ?? "";
  });

  it("lists statuses newest first, with links from page to page", async () => {
    for (const description of ["1", "2", "3"]) await postStatus(commit, { context: "c", description });
    await postStatus(commit, { context: "d", state: "failure" });

    const first = await ask(`/repos/${repository}/commits/${commit}/statuses?per_page=2`);
    const next = /<(?<url>[^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.groups?.["url"] ?? "";
    const second = await ask(next);
    const combined = await ask(`/repos/${repository}/commits/${commit}/status`);

    expect(await first.json()).toMatchObject([{ context: "d" }, { context: "c", description: "3" }]);
    expect(await second.json()).toMatchObject([{ description: "2" }, { description: "1" }]);
    expect(await combined.json()).toMatchObject({ state: "failure", total_count: 2 });
    expect(github.state.writes.map(({ what }) => what)).toEqual(["status", "status", "status", "status"]);
  });

  it("refuses statuses GitHub refuses", async () => {
    const refusals = [
      await postStatus("0".repeat(40), {}),
      await postStatus(commit, { state: "red" }),
      await postStatus(commit, { description: "x".repeat(141) }),
      await postStatus(commit, { target_url: "ftp://example.org" }),
    ];
    for (let count = 0; count < 1000; count++)
      github.state.setStatus({ repository, commit, context: "c", state: "pending" });
    refusals.push(await postStatus(commit, { context: "c" }));

    expect(refusals.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
    expect((await postStatus(commit, { context: "other" })).status).toBe(201);
  });

  it("wants a credential for writes, and one that may write", async () => {
    const write = { method: "POST", body: json({ state: "success" }) };
    github.accounts.addToken("reader", "ria", false);
    expect((await ask(`/repos/${repository}/statuses/${commit}`, { ...write, token: null })).status).toBe(401);
    expect((await ask(`/repos/${repository}/statuses/${commit}`, { ...write, token: "reader" })).status).toBe(403);
    expect((await ask(`/repos/${repository}`, { token: null })).headers.get("x-ratelimit-limit")).toBe("60");
    expect((await ask(`/repos/${repository}`, { token: "wrong" })).status).toBe(401);
  });

  it("answers an unchanged question with 304, which costs nothing", async () => {
    const path = `/repos/${repository}/pulls`;
    const first = await ask(path);
    const etag = first.headers.get("etag") ?? "";
    const again = await ask(path, { headers: { "if-none-match": etag } });
    github.state.edit({ repository, number, addLabels: ["ci-priority"] });
    const changed = await ask(path, { headers: { "if-none-match": etag } });

    expect([first.status, again.status, changed.status]).toEqual([200, 304, 200]);
    expect([first, again, changed].map(({ headers }) => headers.get("x-ratelimit-used"))).toEqual(["1", "1", "2"]);
  });

  it("keeps comments, and edits them in place", async () => {
    const posted = await ask(`/repos/${repository}/issues/${number}/comments`, {
      method: "POST",
      body: json({ body: "no" }),
    });
    const { id } = (await posted.json()) as { id: number };
    const patched = await ask(`/repos/${repository}/issues/comments/${id}`, {
      method: "PATCH",
      body: json({ body: "yes" }),
    });

    expect([posted.status, patched.status]).toEqual([201, 200]);
    expect(github.state.comments(repository, number)).toMatchObject([{ id, body: "yes", author: "alibuild" }]);
    expect(await (await ask(`/repos/${repository}/issues/${number}/comments`)).json()).toMatchObject([
      { id, body: "yes" },
    ]);
    expect(
      (await ask(`/repos/${repository}/issues/comments/99999`, { method: "PATCH", body: json({ body: "x" }) })).status,
    ).toBe(404);
  });

  it("gives an App a token for a JWT it signed, and none for another", async () => {
    const app = github.accounts.addApp();
    const now = Math.floor(Date.now() / 1000);
    const path = `/app/installations/${app.installationId}/access_tokens`;
    const sign = (claims: object) => {
      const text = [{ alg: "RS256", typ: "JWT" }, claims]
        .map((part) => Buffer.from(json(part)).toString("base64url"))
        .join(".");
      return `${text}.${createSign("RSA-SHA256").update(text).sign(app.privateKey, "base64url")}`;
    };
    const post = (token: string) => ask(path, { method: "POST", token });

    const good = await post(sign({ iss: app.appId, iat: now - 30, exp: now + 500 }));
    const { token } = (await good.json()) as { token: string };

    expect(good.status).toBe(201);
    expect((await postStatus(commit, {})).status).toBe(201);
    expect((await ask("/rate_limit", { token })).status).toBe(200);
    expect((await post(sign({ iss: app.appId, iat: now, exp: now + 3600 }))).status).toBe(401);
    expect((await post(sign({ iss: 1, iat: now, exp: now + 500 }))).status).toBe(401);
    expect((await post("garbage")).status).toBe(401);
  });
});

describe("git of the stand-in", () => {
  beforeEach(() => github.state.createRepository({ repository, files: { "a.txt": "one\n" } }));

  it("serves shallow fetches of commits by name, also of those a force push left behind", async () => {
    const { number, commits } = await github.state.openPullRequest({ repository, files: { "b.txt": "b\n" } });
    await github.state.push({ repository, number, files: { "c.txt": "c\n" }, force: true });
    await git("init", "--quiet", "work");
    await git("-C", "work", "fetch", "--quiet", "--depth=1", `${github.gitUrl}/${repository}`, commits[0]?.oid ?? "");
    expect(await git("-C", "work", "ls-tree", "--name-only", "FETCH_HEAD")).toBe("a.txt\nb.txt");
  });

  it("refuses a push, and a repository it does not have", async () => {
    await git("clone", "--quiet", `${github.gitUrl}/${repository}`, "clone");
    await expect(git("-C", "clone", "push", "origin", "HEAD:refs/heads/x")).rejects.toThrow("403");
    await expect(git("clone", `${github.gitUrl}/alice/none`, "none")).rejects.toThrow(/not found/i);
  });

  it("can be unreachable while the rest answers", async () => {
    github.faults.add({ on: "* /git/*", fault: { kind: "status", status: 503 } });
    await expect(git("clone", `${github.gitUrl}/${repository}`, "clone")).rejects.toThrow("503");
    expect((await ask(`/repos/${repository}`)).status).toBe(200);
    github.faults.clear();
    expect(await git("ls-remote", `${github.gitUrl}/${repository}`, "HEAD")).toContain("HEAD");
  });
});

describe("faults of the stand-in", () => {
  let commit: string;
  beforeEach(async () => {
    await github.state.createRepository({ repository });
    commit = (await github.state.openPullRequest({ repository })).commits[0]?.oid ?? "";
  });

  it("can cut the connection before a write is applied, or after", async () => {
    github.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutBefore" } });
    github.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutAfter" } });

    await expect(postStatus(commit, { context: "before" })).rejects.toThrow();
    expect(github.state.writes).toEqual([]);
    await expect(postStatus(commit, { context: "after" })).rejects.toThrow();
    expect(github.state.writes).toMatchObject([{ what: "status", context: "after" }]);
    expect((await postStatus(commit, { context: "whole" })).status).toBe(201);
  });

  it("can break an answer in the middle, make it malformed, or fill a 200 with errors", async () => {
    github.faults.add({ times: 1, fault: { kind: "cutDuring" } });
    github.faults.add({ times: 1, fault: { kind: "malformed" } });
    github.faults.add({ on: "POST /graphql", times: 1, fault: { kind: "graphqlErrors", keepData: true } });

    await expect(ask("/rate_limit").then((answer) => answer.text())).rejects.toThrow();
    await expect(ask("/rate_limit").then((answer) => answer.json())).rejects.toThrow(SyntaxError);
    expect((await graphql("{ viewer { login } }")).body).toMatchObject({ data: { viewer: {} }, errors: [{}] });
  });

  it("can refuse with Retry-After, with a secondary limit, or for a spent budget", async () => {
    github.faults.add({ times: 1, fault: { kind: "retryAfter", seconds: 7 } });
    github.faults.add({ times: 1, fault: { kind: "secondaryLimit" } });
    const answers = [await ask("/rate_limit"), await ask("/rate_limit")];
    github.budgets.leave("core", 0, 90_000);
    github.budgets.leave("graphql", 0);
    const spent = await ask(`/repos/${repository}`);

    expect(answers.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([
      [403, "7"],
      [403, "60"],
    ]);
    expect([spent.status, spent.headers.get("x-ratelimit-remaining")]).toEqual([403, "0"]);
    expect((await graphql("{ viewer { login } }")).body.errors).toMatchObject([{ type: "RATE_LIMITED" }]);
  });

  it("can be slow, or never answer, until the stand-in ends", async () => {
    github.faults.add({ times: 1, fault: { kind: "slow", ms: 50 } });
    github.faults.add({ times: 1, fault: { kind: "hang" } });
    const start = performance.now();
    await ask("/rate_limit");
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
    await expect(ask("/rate_limit", { signal: AbortSignal.timeout(100) })).rejects.toThrow("timeout");
  });

  it("can be switched over HTTP, like everything else that can happen", async () => {
    const control = (verb: string, body: object) =>
      fetch(`${github.controlUrl}/${verb}`, { method: "POST", body: json(body) });
    expect(
      (await control("fault", { on: "GET */pulls", times: 1, fault: { kind: "status", status: 502 } })).status,
    ).toBe(200);
    expect((await ask(`/repos/${repository}/pulls`)).status).toBe(502);
    await control("edit", { repository, number: 1, addLabels: ["ci-priority"] });
    expect(await (await ask(`/repos/${repository}/pulls`)).json()).toMatchObject([
      { labels: [{ name: "ci-priority" }] },
    ]);
    expect(await (await control("merge", { repository, number: 9 })).json()).toEqual({
      message: "no pull request alice/hello#9",
    });
    expect((await control("dance", {})).status).toBe(404);
  });
});
