import { describe, expect, it } from "vitest";
import type { Listing } from "../../../src/core/pullRequest/pullRequest.ts";
import { aClient, branch, longAgo, repository, signal } from "../../support/github/aClient.ts";
import type { StandIn } from "../../support/github/standIn.ts";

type State = StandIn["state"];

describe("the next poll", () => {
  it("W-12: costs one free request without changes", async () => {
    const { newRequests, client, clock, list, numbers, openMany } = await aClient();
    await openMany(60);
    await list();
    const core = client.budgets().find(({ resource }) => resource === "core")?.used;
    newRequests();
    clock.advance(60_000);
    expect(await numbers()).toHaveLength(60);
    expect(newRequests()).toBe("probe, 0 points");
    expect(client.budgets().find(({ resource }) => resource === "core")?.used).toBe(core);
  });

  it.each<[string, (state: State) => unknown, (listing: Listing) => unknown, unknown]>([
    ["a push", (state) => state.push({ repository, number: 2 }), (all) => all.pullRequests[1]?.head.commit, "new"],
    [
      "a label",
      (state) => state.edit({ repository, number: 2, addLabels: ["x"] }),
      (all) => all.pullRequests[1]?.labels,
      ["x"],
    ],
    ["a title", (state) => state.edit({ repository, number: 2, title: "t" }), (all) => all.pullRequests[1]?.title, "t"],
    [
      "a draft",
      (state) => state.edit({ repository, number: 2, draft: true }),
      (all) => all.pullRequests[1]?.isDraft,
      true,
    ],
    [
      "an approval",
      (state) => state.review({ repository, number: 2 }),
      (all) => all.pullRequests[1]?.approvals.length,
      1,
    ],
    ["a closed pull request", (state) => state.close({ repository, number: 2 }), (all) => all.pullRequests.length, 59],
    ["a new pull request", (state) => state.openPullRequest({ repository }), (all) => all.pullRequests.length, 61],
  ])("contains %s, for at most one point", async (_, change, look, expected) => {
    const { newRequests, gitHub, list, openMany } = await aClient();
    await openMany(60);
    const before = (await list()).pullRequests[1]?.head.commit;
    newRequests();
    await change(gitHub.state);
    const listing = await list();
    expect(look(listing)).toEqual(
      expected === "new" ? gitHub.state.pullRequest(repository, 2).commits.at(-1)?.oid : expected,
    );
    expect(newRequests()).toMatch(/^probe( graphql, 1|, 0) points$/);
    if (expected === "new") expect(listing.pullRequests[1]?.head.commit).not.toBe(before);
  });

  it("contains a second change within the same second", async () => {
    const { gitHub, list, only, open } = await aClient();
    await open({ number: 1 });
    await list();
    gitHub.state.edit({ repository, number: 1, addLabels: ["first"] });
    expect((await only())?.labels).toEqual(["first"]);
    gitHub.state.edit({ repository, number: 1, addLabels: ["second"] });
    expect((await only())?.labels).toEqual(["first", "second"]);
  });

  it("reads everything after more changes than the probe shows", async () => {
    const { newRequests, gitHub, list, openMany } = await aClient();
    await openMany(60);
    await list();
    newRequests();
    for (let number = 1; number <= 30; number += 1) gitHub.state.edit({ repository, number, title: "new" });
    expect((await list()).pullRequests.filter(({ title }) => title === "new")).toHaveLength(30);
    expect(newRequests()).toBe("probe graphql graphql, 2 points");
  });

  it("contains a reset status within 150 s, at one point per three hundred statuses of all repositories", async () => {
    const { newRequests, clock, commitOf, gitHub, list, openMany } = await aClient();
    const other = "alisw/alidist";
    await gitHub.state.createRepository({ repository: other, branch });
    await gitHub.state.openPullRequest({ repository: other, createdAt: longAgo });
    await openMany(40);
    const commit = commitOf(3);
    const state = (listing: Listing) => listing.pullRequests[2]?.head.statuses[0]?.state;
    gitHub.state.setStatus({ repository, commit, context: "c", state: "success" });
    const first = await list();
    await list({ repository: other });
    gitHub.state.setStatus({ repository, commit, context: "c", state: "pending" });
    clock.advance(140_000);
    const second = await list();
    expect([state(first), state(second), second.startedAt]).toEqual(["SUCCESS", "SUCCESS", first.startedAt]);
    newRequests();
    clock.advance(10_000);
    const third = await list();
    await list({ repository: other });
    expect([state(third), third.startedAt]).toEqual(["PENDING", first.startedAt + 150_000]);
    expect(newRequests()).toBe("probe graphql probe, 1 points");
  });

  it("contains a reset status sooner beside a change of another pull request, for the point of the change", async () => {
    const { newRequests, clock, commitOf, gitHub, list, openMany } = await aClient();
    const other = "alisw/alidist";
    await gitHub.state.createRepository({ repository: other, branch });
    await gitHub.state.openPullRequest({ repository: other, createdAt: longAgo });
    await openMany(120);
    gitHub.state.setStatus({ repository, commit: commitOf(3), context: "c", state: "success" });
    await list();
    await list({ repository: other });
    gitHub.state.setStatus({ repository, commit: commitOf(3), context: "c", state: "pending" });
    gitHub.state.edit({ repository: other, number: 1, title: "new" });
    clock.advance(80_000);
    newRequests();
    await list({ repository: other });
    const { pullRequests, startedAt } = await list();

    expect(newRequests()).toBe("probe graphql probe, 1 points");
    expect(pullRequests[2]?.head.statuses[0]?.state).toBe("PENDING");
    expect(startedAt).toBe(clock.now());
    clock.advance(100_000);
    await list();
    expect(newRequests()).toBe("probe, 0 points");
  });

  it("reads a change without the statuses beside it when GitHub stops the larger query", async () => {
    const { clock, gitHub, list, openMany } = await aClient();
    await openMany(3);
    await list();
    gitHub.state.edit({ repository, number: 1, title: "new" });
    clock.advance(80_000);
    gitHub.faults.add({ on: "POST /graphql", times: 3, fault: { kind: "status", status: 502 } });

    expect((await list()).pullRequests[0]?.title).toBe("new");
  });

  it("reads statuses in lists of a hundred when GitHub stops the larger query", async () => {
    const { clock, commitOf, gitHub, list, openMany } = await aClient();
    await openMany(101);
    gitHub.state.setStatus({ repository, commit: commitOf(101), context: "c", state: "success" });
    await list();
    gitHub.state.setStatus({ repository, commit: commitOf(101), context: "c", state: "pending" });
    clock.advance(150_000);
    gitHub.faults.add({ on: "POST /graphql", times: 3, fault: { kind: "status", status: 502 } });

    const { pullRequests } = await list();

    expect(pullRequests.map(({ head }) => head.statuses[0]?.state).filter((state) => state !== undefined)).toEqual([
      "PENDING",
    ]);
  });

  it("contains a reset status sooner with a shorter poll interval", async () => {
    const { client, clock, commitOf, gitHub, open } = await aClient();
    await open({ number: 1 });
    const commit = commitOf(1);
    const hasty = () => client.list({ repository, branch, teams: [], pollInterval: 2000, signal });
    await hasty();
    gitHub.state.setStatus({ repository, commit, context: "c", state: "pending" });
    clock.advance(5000);
    expect((await hasty()).pullRequests[0]?.head.statuses).toHaveLength(1);
  });

  it("reads everything again after one hour", async () => {
    const { newRequests, clock, list, open } = await aClient();
    await open();
    await list();
    newRequests();
    clock.advance(3_600_000);
    await list();
    expect(newRequests()).toBe("probe graphql, 1 points");
  });
});
