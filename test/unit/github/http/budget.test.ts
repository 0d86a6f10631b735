import { describe, expect, it } from "vitest";
import { scripted } from "../../../support/github/scripted.ts";
import { errorOf, gitHub, list, signal, status } from "../asking.ts";

describe("the budget", () => {
  const headers = (remaining: number, reset: number) => ({
    "x-ratelimit-resource": "core",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-used": String(5000 - remaining),
    "x-ratelimit-reset": String(reset),
  });

  it("is read from the headers of replies", async () => {
    await using server = await scripted(() => ({ body: { statuses: [] }, headers: headers(4321, 2_000_000_000) }));
    const { client } = gitHub(server);
    expect(client.budgets()).toEqual([]);
    await client.setStatus(status, signal);
    expect(client.budgets()).toEqual([
      { resource: "core", limit: 5000, remaining: 4321, used: 679, resetAt: 2_000_000_000_000 },
    ]);
  });

  it("is kept for writes when little remains: reads wait for the reset", async () => {
    const reset = Math.floor(Date.now() / 1000) + 600;
    await using server = await scripted(({ method, url }) => ({
      headers: headers(249, reset),
      body: method === "GET" && url.includes("/pulls") ? [] : { statuses: [] },
    }));
    const { client, clock } = gitHub(server);
    await client.setStatus(status, signal);
    const before = server.requests.length;
    const error = await errorOf(list(client));
    expect([error.code, error.retryAt]).toEqual(["RateLimited", reset * 1000]);
    expect(server.requests).toHaveLength(before);
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
    clock.advance(601_000);
    await errorOf(list(client));
    expect(server.requests.some(({ url }) => url.includes("/pulls"))).toBe(true);
  });
});
