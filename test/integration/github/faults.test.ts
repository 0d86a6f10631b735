import { describe, expect, it } from "vitest";
import { aClient, code, repository, signal } from "../../support/github/aClient.ts";

describe("a fault", () => {
  it("of one page is retried; a lasting fault fails the listing, and the next one starts from the cache", async () => {
    const { newRequests, gitHub, list, numbers, openMany } = await aClient();
    await openMany(100);
    gitHub.faults.add({ on: "POST /graphql", skip: 1, times: 2, fault: { kind: "status", status: 502 } });
    expect(await numbers()).toHaveLength(100);
    gitHub.faults.add({ on: "*", fault: { kind: "cutBefore" } });
    expect(await code(list())).toBe("Unreachable");
    gitHub.faults.clear();
    newRequests();
    expect(await numbers()).toHaveLength(100);
    expect(newRequests()).toBe("probe, 0 points");
  });

  it.each([
    [{ kind: "retryAfter", seconds: 9 }, "RateLimited"],
    [{ kind: "secondaryLimit" }, "RateLimited"],
    [{ kind: "graphqlErrors", type: "RATE_LIMITED" }, "RateLimited"],
    [{ kind: "graphqlErrors", keepData: true }, "Unreachable"],
    [{ kind: "graphqlErrors", type: "NOT_FOUND" }, "NotFound"],
    [{ kind: "malformed" }, "Unreachable"],
    [{ kind: "cutDuring" }, "Unreachable"],
    [{ kind: "status", status: 401 }, "Unauthorized"],
  ] as const)("%j from GraphQL is %s, never an empty listing", async (fault, expected) => {
    const { gitHub, list, open } = await aClient();
    await open();
    gitHub.faults.add({ on: "POST /graphql", fault });
    expect(await code(list())).toBe(expected);
  });

  it("of a spent budget delays reads until the reset, but no writes", async () => {
    const { client, clock, commitOf, gitHub, list, open } = await aClient();
    await open();
    await list();
    gitHub.budgets.leave("core", 200, 60_000);
    clock.advance(150_000);
    gitHub.state.edit({ repository, number: 1, title: "Change" });
    await list();
    expect(await code(list())).toBe("RateLimited");
    const commit = commitOf(1);
    const status = { repository, commit, context: "c", state: "success", description: "", url: "" } as const;
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });
});
