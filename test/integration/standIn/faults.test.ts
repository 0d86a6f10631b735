import { describe, expect, it } from "vitest";
import { json, repository, withPullRequest } from "../../support/github/aVisitor.ts";

describe("faults of the stand-in", () => {
  it("cut the connection before or after an applied write", async () => {
    const { commit, github, postStatus } = await withPullRequest();
    github.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutBefore" } });
    github.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutAfter" } });

    await expect(postStatus(commit, { context: "before" })).rejects.toThrow();
    expect(github.state.writes).toEqual([]);
    await expect(postStatus(commit, { context: "after" })).rejects.toThrow();
    expect(github.state.writes).toMatchObject([{ what: "status", context: "after" }]);
    expect((await postStatus(commit, { context: "whole" })).status).toBe(201);
  });

  it("cut a reply short, make it malformed, or put errors into a 200", async () => {
    const { ask, github, graphql } = await withPullRequest();
    github.faults.add({ times: 1, fault: { kind: "cutDuring" } });
    github.faults.add({ times: 1, fault: { kind: "malformed" } });
    github.faults.add({ on: "POST /graphql", times: 1, fault: { kind: "graphqlErrors", keepData: true } });

    await expect(ask("/rate_limit").then((answer) => answer.text())).rejects.toThrow();
    await expect(ask("/rate_limit").then((answer) => answer.json())).rejects.toThrow(SyntaxError);
    expect((await graphql("{ viewer { login } }")).body).toMatchObject({ data: { viewer: {} }, errors: [{}] });
  });

  it("refuse with Retry-After, a secondary limit or a spent budget", async () => {
    const { ask, github, graphql } = await withPullRequest();
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

  it("delay the reply, or never reply", async () => {
    const { ask, github } = await withPullRequest();
    github.faults.add({ times: 1, fault: { kind: "slow", ms: 50 } });
    github.faults.add({ times: 1, fault: { kind: "hang" } });
    const start = performance.now();
    await ask("/rate_limit");
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
    await expect(ask("/rate_limit", { signal: AbortSignal.timeout(100) })).rejects.toThrow("timeout");
  });

  it("are set over HTTP, as are all other changes", async () => {
    const { ask, github } = await withPullRequest();
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
