import { describe, expect, it } from "vitest";
import { createGitHub } from "../../../src/github/client.ts";
import { aClient, branch, code, repository, signal } from "../../support/github/aClient.ts";

describe("a listing", () => {
  it("contains all facts of a pull request", async () => {
    const { clock, commitOf, gitHub, list, open } = await aClient();
    await open({
      number: 7,
      title: "[WIP] Try",
      author: "ada",
      association: "CONTRIBUTOR",
      draft: true,
      labels: ["ci-priority"],
    });
    const head = commitOf(7);
    gitHub.state.review({ repository, number: 7, association: "COLLABORATOR" });
    gitHub.state.review({ repository, number: 7, author: "bob", state: "COMMENTED" });
    gitHub.state.setStatus({ repository, commit: head, context: "build/O2/o2", state: "failure", description: "old" });
    gitHub.state.setStatus({ repository, commit: head, context: "build/O2/o2", state: "pending" });
    const before = clock.now();
    const listing = await list();
    expect(listing).toMatchObject({ repository, branch, unreadable: [], startedAt: before });
    expect(listing.pullRequests).toEqual([
      {
        number: 7,
        title: "[WIP] Try",
        isDraft: true,
        createdAt: expect.stringMatching(/Z$/),
        author: "ada",
        association: "CONTRIBUTOR",
        labels: ["ci-priority"],
        approvals: [{ commit: head, association: "COLLABORATOR" }],
        head: {
          commit: head,
          committedAt: expect.stringMatching(/Z$/),
          statuses: [{ context: "build/O2/o2", state: "PENDING", description: "" }],
        },
      },
    ]);
  });

  it("is empty for a repository without pull requests, and names a deleted author ghost", async () => {
    const { numbers, only, open } = await aClient();
    expect(await numbers()).toEqual([]);
    await open({ author: null });
    expect((await only())?.author).toBe("ghost");
  });

  it("W-13: has all pages: 250 pull requests in the order of numbers, for 6 points", async () => {
    const { newRequests, numbers, openMany } = await aClient();
    await openMany(250);
    expect(await numbers()).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(newRequests()).toBe("probe graphql graphql graphql graphql graphql graphql, 6 points");
  });

  it("W-13: has hundreds of labels and approvals of one pull request", async () => {
    const { gitHub, only, open } = await aClient();
    const labels = Array.from({ length: 130 }, (_, index) => `label-${index}`);
    await open({ number: 1, labels });
    for (let count = 0; count < 260; count += 1) gitHub.state.review({ repository, number: 1, author: `r${count}` });
    const pull = await only();
    expect(pull?.labels).toEqual(labels);
    expect(pull?.approvals).toHaveLength(260);
  });

  it("has the latest opinion of each reviewer, and a bot with its suffix", async () => {
    const { gitHub, list, open } = await aClient();
    for (const [index, state] of (["APPROVED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED"] as const).entries()) {
      const number = index + 1;
      await open({ number, author: "helper[bot]" });
      gitHub.state.review({ repository, number, author: "rita", state: "APPROVED" });
      gitHub.state.review({ repository, number, author: "rita", state });
    }
    await open({ number: 5 });
    gitHub.state.review({ repository, number: 5, author: "rita", state: "CHANGES_REQUESTED" });
    gitHub.state.review({ repository, number: 5, author: "rita", state: "APPROVED" });
    const { pullRequests } = await list();
    expect(pullRequests.map(({ approvals }) => approvals.length)).toEqual([1, 1, 0, 0, 1]);
    expect(pullRequests[0]?.author).toBe("helper[bot]");
  });

  it("excludes other base branches", async () => {
    const { gitHub, numbers, open } = await aClient();
    await gitHub.state.pushBranch({ repository, branch: "release" });
    await open({ number: 1 });
    await open({ number: 2, base: "release" });
    expect(await numbers()).toEqual([1]);
  });

  it("names the wrong repository or branch in the error", async () => {
    const { client } = await aClient();
    expect(await code(client.list({ repository: "alice/none", branch, teams: [], signal }))).toBe("NotFound");
    await expect(client.list({ repository, branch: "none", teams: [], signal })).rejects.toThrow(
      "branch none of AliceO2Group/AliceO2 does not exist; correct it",
    );
  });

  it("fails with the missing credential in the error", async () => {
    const { clock, gitHub, log } = await aClient();
    const anonymous = createGitHub({ apiUrl: gitHub.apiUrl, credential: "none", clock, log });
    const failed = anonymous.list({ repository, branch, teams: [], signal });
    await expect(failed).rejects.toThrow("no credential is set; set GITHUB_TOKEN");
  });

  it("is the same at the addresses of GitHub Enterprise", async () => {
    const { clock, gitHub, log, open } = await aClient();
    await open();
    const enterprise = { apiUrl: gitHub.enterpriseApiUrl, credential: { token: gitHub.token }, clock, log };
    const listing = await createGitHub(enterprise).list({ repository, branch, teams: [], signal });
    expect(listing.pullRequests).toHaveLength(1);
  });
});

describe("a team", () => {
  it("W-19: is read in full and kept ten minutes, or longer while GitHub does not reply", async () => {
    const { clock, gitHub, list } = await aClient();
    const members = async () => [...((await list({ teams: ["o2"] })).teams.get("o2") ?? [])];
    const logins = Array.from({ length: 130 }, (_, index) => `m${index}`);
    gitHub.state.setTeam({ organization: "AliceO2Group", team: "o2", members: logins });
    expect(await members()).toEqual(logins);
    gitHub.state.setTeam({ organization: "AliceO2Group", team: "o2", members: ["ada"] });
    expect(await members()).toEqual(logins);
    clock.advance(600_000);
    expect(await members()).toEqual(["ada"]);
    gitHub.state.setTeam({ organization: "AliceO2Group", team: "o2", members: ["bob"] });
    clock.advance(600_000);
    await list(); // the next listing then reads the team only
    gitHub.faults.add({ on: "POST /graphql", fault: { kind: "status", status: 502 } });
    expect(await members()).toEqual(["ada"]);
    gitHub.faults.clear();
    expect(await members()).toEqual(["bob"]);
  });

  it("that does not exist has no members, and does not fail the listing", async () => {
    const { list, open } = await aClient();
    await open();
    const { teams, pullRequests } = await list({ teams: ["none"] });
    expect([teams.get("none")?.size, pullRequests.length]).toEqual([0, 1]);
  });
});
