import { createSign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { json, repository, withPullRequest } from "../../support/github/aVisitor.ts";

describe("REST of the stand-in", () => {
  it("lists statuses newest first, with links from page to page", async () => {
    const { ask, commit, github, postStatus } = await withPullRequest();
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

  it("refuses the same statuses as GitHub", async () => {
    const { commit, github, postStatus } = await withPullRequest();
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

  it("requires a credential with write access for writes", async () => {
    const { ask, commit, github } = await withPullRequest();
    const write = { method: "POST", body: json({ state: "success" }) };
    github.accounts.addToken("reader", "ria", false);
    expect((await ask(`/repos/${repository}/statuses/${commit}`, { ...write, token: null })).status).toBe(401);
    expect((await ask(`/repos/${repository}/statuses/${commit}`, { ...write, token: "reader" })).status).toBe(403);
    expect((await ask(`/repos/${repository}`, { token: null })).headers.get("x-ratelimit-limit")).toBe("60");
    expect((await ask(`/repos/${repository}`, { token: "wrong" })).status).toBe(401);
  });

  it("replies 304 at no cost to an unchanged conditional request", async () => {
    const { ask, github, number } = await withPullRequest();
    const path = `/repos/${repository}/pulls`;
    const first = await ask(path);
    const etag = first.headers.get("etag") ?? "";
    const again = await ask(path, { headers: { "if-none-match": etag } });
    github.state.edit({ repository, number, addLabels: ["ci-priority"] });
    const changed = await ask(path, { headers: { "if-none-match": etag } });

    expect([first.status, again.status, changed.status]).toEqual([200, 304, 200]);
    expect([first, again, changed].map(({ headers }) => headers.get("x-ratelimit-used"))).toEqual(["1", "1", "2"]);
  });

  it("stores comments, and edits them in place", async () => {
    const { ask, github, number } = await withPullRequest();
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

  it("gives an App a token for a correctly signed JWT only", async () => {
    const { ask, commit, github, postStatus } = await withPullRequest();
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
