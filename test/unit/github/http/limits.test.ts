import { describe, expect, it } from "vitest";
import { type Response, scripted } from "../../../support/github/scripted.ts";
import { errorOf, gitHub, list, signal, status } from "../asking.ts";

describe("a limit that GraphQL tells of in an answer of status 200", () => {
  const secondary = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." };
  const primary = { type: "RATE_LIMITED", message: "API rate limit exceeded" };

  it.each<[string, object, number, Response["headers"], number]>([
    ["for as long as Retry-After says", secondary, 4800, { "retry-after": "30" }, 30],
    ["for a minute while the budget is not spent", secondary, 4800, {}, 60],
    ["until the reset once the budget is spent", primary, 0, {}, 3000],
  ])("holds the listing back %s", async (_, error, remaining, more, seconds) => {
    const second = Math.floor(Date.now() / 1000);
    const headers = {
      "x-ratelimit-resource": "graphql",
      "x-ratelimit-limit": "5000",
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-reset": String(second + 3000),
      ...more,
    };
    await using server = await scripted(({ method }) =>
      method === "GET" ? { body: [] } : { headers, body: { errors: [error] } },
    );
    const { client, clock } = gitHub(server, { now: second * 1000 });
    const { code, retryAt = 0 } = await errorOf(list(client));
    expect([code, (retryAt - clock.now()) / 1000]).toEqual(["RateLimited", seconds]);
  });
});

describe("a limit that is met", () => {
  it.each<[string, Response]>([
    ["GitHub's refusal", { status: 403, headers: { "retry-after": "7" }, body: { message: "secondary rate limit" } }],
    [
      "an error of GraphQL",
      { headers: { "retry-after": "7" }, body: { errors: [{ message: "secondary rate limit" }] } },
    ],
  ])("by %s holds back all that the credential asks there, whatever it is about, until it ends", async (_, refusal) => {
    const isQuery = refusal.status === undefined;
    await using server = await scripted(({ method, url }) =>
      isQuery === url.includes("graphql") ? refusal : { body: method === "GET" && url.includes("/pulls") ? [] : {} },
    );
    const { client, clock } = gitHub(server);
    const asked = (branch: string) =>
      isQuery
        ? client.list({ repository: "alice/o2", branch, teams: [], signal })
        : client.setStatus({ ...status, commit: branch }, signal);
    const refused = () => server.requests.filter(({ url }) => url.includes("graphql") === isQuery).length;
    const first = await errorOf(asked("a"));
    expect(refused()).toBe(1);
    const second = await errorOf(asked("b"));
    expect([second.code, second.retryAt]).toEqual(["RateLimited", first.retryAt]);
    expect(refused()).toBe(1);
    clock.advance(7000);
    await errorOf(asked("b"));
    expect(refused()).toBe(2);
  });
});
