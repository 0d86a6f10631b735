import { describe, expect, it } from "vitest";
import { aVisitor, json, listing, repository } from "../../support/github/aVisitor.ts";

describe("GraphQL of the stand-in", () => {
  it("charges by GitHub's rule: 75 pull requests with three connections each are 226 requests, 2 points", async () => {
    const { github, graphql } = await aVisitor();
    await github.state.createRepository({ repository });
    const { response, body } = await graphql(listing, { size: 75 });

    expect(body.data?.["rateLimit"]).toMatchObject({ limit: 5000, cost: 2, remaining: 4998, used: 2 });
    expect(response.headers.get("x-ratelimit-remaining")).toBe("4998");
    expect(response.headers.get("x-ratelimit-resource")).toBe("graphql");
  });

  it("requires a credential, bounded pages and existing fields", async () => {
    const { ask, github, graphql } = await aVisitor();
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

  it("has teams and reviews, with the last opinion of each author", async () => {
    const { github, graphql } = await aVisitor();
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

  it("replies at the Enterprise address too", async () => {
    const { ask, github } = await aVisitor();
    const [origin] = github.enterpriseApiUrl.split("/api/v3");
    const answer = await ask(`${origin}/api/graphql`, {
      method: "POST",
      body: json({ query: "{ viewer { login } }" }),
    });
    expect(await answer.json()).toEqual({ data: { viewer: { login: "alibuild" } } });
    expect((await ask(`${github.enterpriseApiUrl}/rate_limit`)).status).toBe(200);
  });
});
