import { describe, expect, it } from "vitest";
import { type Response, scripted } from "../../../support/github/scripted.ts";
import { errorOf, gitHub, list, signal, status } from "../asking.ts";

describe("a GraphQL rate limit in a reply with status 200", () => {
  const secondary = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." };
  const primary = { type: "RATE_LIMITED", message: "API rate limit exceeded" };

  it.each<[string, object, number, Response["headers"], number]>([
    ["for the time in Retry-After", secondary, 4800, { "retry-after": "30" }, 30],
    ["for one minute while the budget is not spent", secondary, 4800, {}, 60],
    ["until the reset after the budget is spent", primary, 0, {}, 3000],
  ])("delays the listing %s", async (_, error, remaining, more, seconds) => {
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

describe("a rate limit", () => {
  it.each<[string, Response]>([
    [
      "a refused REST request",
      { status: 403, headers: { "retry-after": "7" }, body: { message: "secondary rate limit" } },
    ],
    ["a GraphQL error", { headers: { "retry-after": "7" }, body: { errors: [{ message: "secondary rate limit" }] } }],
  ])("from %s delays every request of the credential to that resource until it ends", async (_, refusal) => {
    const isQuery = refusal.status === undefined;
    await using server = await scripted(({ method, url }) =>
      isQuery === url.includes("graphql") ? refusal : { body: method === "GET" && url.includes("/pulls") ? [] : {} },
    );
    const { client, clock } = gitHub(server);
    const send = (branch: string) =>
      isQuery
        ? client.list({ repository: "alice/o2", branch, teams: [], signal })
        : client.setStatus({ ...status, commit: branch }, signal);
    const sent = () => server.requests.filter(({ url }) => url.includes("graphql") === isQuery).length;
    const first = await errorOf(send("a"));
    expect(sent()).toBe(1);
    const second = await errorOf(send("b"));
    expect([second.code, second.retryAt]).toEqual(["RateLimited", first.retryAt]);
    expect(sent()).toBe(1);
    clock.advance(7000);
    await errorOf(send("b"));
    expect(sent()).toBe(2);
  });
});
