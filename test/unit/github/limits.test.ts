import { describe, expect, it } from "vitest";
import { type Response, scripted } from "../../support/github/scripted.ts";
import { errorOf, gitHub, list } from "./asking.ts";

describe("a limit that GraphQL tells of in an answer of status 200", () => {
  const reset = Math.floor(Date.now() / 1000) + 3000;
  const headers = (remaining: number) => ({
    "x-ratelimit-resource": "graphql",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
  });
  const secondary = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." };
  const primary = { type: "RATE_LIMITED", message: "API rate limit exceeded" };

  it.each<[string, Response, number]>([
    [
      "for as long as Retry-After says",
      { headers: { ...headers(4800), "retry-after": "30" }, body: { errors: [secondary] } },
      30,
    ],
    ["for a minute while the budget is not spent", { headers: headers(4800), body: { errors: [secondary] } }, 60],
    ["until the reset once the budget is spent", { headers: headers(0), body: { errors: [primary] } }, 3000],
  ])("holds the listing back %s", async (_, answer, seconds) => {
    await using server = await scripted(({ method }) => (method === "GET" ? { body: [] } : answer));
    const { client, clock } = gitHub(server, { now: (reset - 3000) * 1000 });
    const { code, retryAt = 0 } = await errorOf(list(client));
    expect([code, Math.round((retryAt - clock.now()) / 1000)]).toEqual(["RateLimited", seconds]);
  });
});
