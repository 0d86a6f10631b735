import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Listing } from "../../src/core/queue/pullRequest.ts";
import { createGitHub } from "../../src/github/client.ts";
import { type GitHub, GitHubError } from "../../src/github/github.ts";
import { type StandIn, startStandIn } from "../support/github/standIn.ts";
import { type TestClock, testClock, testLog } from "../unit/github/scripted.ts";

const repository = "AliceO2Group/AliceO2";
const branch = "dev";
const signal = new AbortController().signal;
/** Long enough ago that nothing is read in the second of its last change. */
const longAgo = Date.now() - 86_400_000;

let gitHub: StandIn;
let clock: TestClock;
let log: ReturnType<typeof testLog>;
let client: GitHub;

beforeEach(async () => {
  gitHub = await startStandIn();
  clock = testClock();
  log = testLog();
  client = createGitHub({ apiUrl: gitHub.apiUrl, credential: { token: gitHub.token }, clock, log });
  await gitHub.state.createRepository({ repository, branch });
});
afterEach(async () => {
  await gitHub.close();
  expect(JSON.stringify(log.lines)).not.toContain(gitHub.token);
});

const open = (wish: object = {}) => gitHub.state.openPullRequest({ repository, createdAt: longAgo, ...wish });
const openMany = async (count: number) => {
  for (let number = 1; number <= count; number += 1) await open({ number });
};
const list = (wish: { repository?: string; teams?: readonly string[] } = {}): Promise<Listing> =>
  client.list({ repository, branch, teams: [], signal, ...wish });
const numbers = async () => (await list()).pullRequests.map(({ number }) => number);
const only = async () => (await list()).pullRequests[0];
const code = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof GitHubError ? error.code : String(error)),
  );
/** What the requests since the last call were, and the points they cost. */
let seen = { requests: 0, points: 0 };
beforeEach(() => {
  seen = { requests: 0, points: 0 };
});
function asked(): string {
  const points = client.budgets().find(({ resource }) => resource === "graphql")?.used ?? 0;
  const fresh = gitHub.requests.slice(seen.requests).map(({ method }) => (method === "GET" ? "probe" : "graphql"));
  const text = `${fresh.join(" ")}, ${points - seen.points} points`;
  seen = { requests: gitHub.requests.length, points };
  return text;
}

describe("a listing", () => {
  it("shows everything a pull request is judged by", async () => {
    await open({
      number: 7,
      title: "[WIP] Try",
      author: "ada",
      association: "CONTRIBUTOR",
      draft: true,
      labels: ["ci-priority"],
    });
    const head = gitHub.state.pullRequest(repository, 7).commits[0]?.oid ?? "";
    gitHub.state.review({ repository, number: 7, association: "COLLABORATOR" });
    gitHub.state.review({ repository, number: 7, state: "DISMISSED" });
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
    expect(await numbers()).toEqual([]);
    await open({ author: null });
    expect((await only())?.author).toBe("ghost");
  });

  it("W-13: has every page: 250 pull requests, by number, for 6 points", async () => {
    await openMany(250);
    expect(await numbers()).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(asked()).toBe("probe graphql graphql graphql graphql graphql graphql, 6 points");
  });

  it("W-13: has all labels and approvals of a pull request that has hundreds", async () => {
    const labels = Array.from({ length: 130 }, (_, index) => `label-${index}`);
    await open({ number: 1, labels });
    for (let count = 0; count < 260; count += 1) gitHub.state.review({ repository, number: 1, author: `r${count}` });
    const pull = await only();
    expect(pull?.labels).toEqual(labels);
    expect(pull?.approvals).toHaveLength(260);
  });

  it("of other base branches shows nothing", async () => {
    await gitHub.state.pushBranch({ repository, branch: "release" });
    await open({ number: 1 });
    await open({ number: 2, base: "release" });
    expect(await numbers()).toEqual([1]);
  });

  it("says which name is wrong", async () => {
    expect(await code(client.list({ repository: "alice/none", branch, teams: [], signal }))).toBe("NotFound");
    await expect(client.list({ repository, branch: "none", teams: [], signal })).rejects.toThrow(
      "branch none of AliceO2Group/AliceO2 does not exist; correct it",
    );
  });

  it("asks for a credential when there is none", async () => {
    const anonymous = createGitHub({ apiUrl: gitHub.apiUrl, credential: "none", clock, log });
    const failed = anonymous.list({ repository, branch, teams: [], signal });
    await expect(failed).rejects.toThrow("no credential is set; set GITHUB_TOKEN");
  });

  it("is the same through the addresses of GitHub Enterprise", async () => {
    await open();
    const enterprise = { apiUrl: gitHub.enterpriseApiUrl, credential: { token: gitHub.token }, clock, log };
    const listing = await createGitHub(enterprise).list({ repository, branch, teams: [], signal });
    expect(listing.pullRequests).toHaveLength(1);
  });
});

describe("the next poll", () => {
  it("W-12: costs one free request when nothing happened", async () => {
    await openMany(60);
    await list();
    const core = client.budgets().find(({ resource }) => resource === "core")?.used;
    asked();
    clock.advance(60_000);
    expect(await numbers()).toHaveLength(60);
    expect(asked()).toBe("probe, 0 points");
    expect(client.budgets().find(({ resource }) => resource === "core")?.used).toBe(core);
  });

  it.each<[string, () => unknown, (listing: Listing) => unknown, unknown]>([
    ["a push", () => gitHub.state.push({ repository, number: 2 }), (all) => all.pullRequests[1]?.head.commit, "new"],
    [
      "a label",
      () => gitHub.state.edit({ repository, number: 2, addLabels: ["x"] }),
      (all) => all.pullRequests[1]?.labels,
      ["x"],
    ],
    [
      "a title",
      () => gitHub.state.edit({ repository, number: 2, title: "t" }),
      (all) => all.pullRequests[1]?.title,
      "t",
    ],
    [
      "a draft",
      () => gitHub.state.edit({ repository, number: 2, draft: true }),
      (all) => all.pullRequests[1]?.isDraft,
      true,
    ],
    [
      "an approval",
      () => gitHub.state.review({ repository, number: 2 }),
      (all) => all.pullRequests[1]?.approvals.length,
      1,
    ],
    ["a closing", () => gitHub.state.close({ repository, number: 2 }), (all) => all.pullRequests.length, 59],
    ["an opening", () => gitHub.state.openPullRequest({ repository }), (all) => all.pullRequests.length, 61],
  ])("shows %s, for one point at most", async (_, change, look, expected) => {
    await openMany(60);
    const before = (await list()).pullRequests[1]?.head.commit;
    asked();
    await change();
    const listing = await list();
    expect(look(listing)).toEqual(
      expected === "new" ? gitHub.state.pullRequest(repository, 2).commits.at(-1)?.oid : expected,
    );
    expect(asked()).toMatch(/^probe( graphql, 1|, 0) points$/);
    if (expected === "new") expect(listing.pullRequests[1]?.head.commit).not.toBe(before);
  });

  it("shows a second change within the same second", async () => {
    await open({ number: 1 });
    await list();
    gitHub.state.edit({ repository, number: 1, addLabels: ["first"] });
    expect((await only())?.labels).toEqual(["first"]);
    gitHub.state.edit({ repository, number: 1, addLabels: ["second"] });
    expect((await only())?.labels).toEqual(["first", "second"]);
  });

  it("reads everything when more changed than the probe shows", async () => {
    await openMany(60);
    await list();
    asked();
    for (let number = 1; number <= 30; number += 1) gitHub.state.edit({ repository, number, title: "new" });
    expect((await list()).pullRequests.filter(({ title }) => title === "new")).toHaveLength(30);
    expect(asked()).toBe("probe graphql graphql, 2 points");
  });

  it("shows within 150 s that a status was reset, reading the statuses of all repositories for a point a hundred", async () => {
    const other = "alisw/alidist";
    await gitHub.state.createRepository({ repository: other, branch });
    await gitHub.state.openPullRequest({ repository: other, createdAt: longAgo });
    await openMany(40);
    const commit = gitHub.state.pullRequest(repository, 3).commits[0]?.oid ?? "";
    const state = (listing: Listing) => listing.pullRequests[2]?.head.statuses[0]?.state;
    gitHub.state.setStatus({ repository, commit, context: "c", state: "success" });
    const first = await list();
    await list({ repository: other });
    gitHub.state.setStatus({ repository, commit, context: "c", state: "pending" });
    clock.advance(140_000);
    const second = await list();
    expect([state(first), state(second), second.startedAt]).toEqual(["SUCCESS", "SUCCESS", first.startedAt]);
    asked();
    clock.advance(10_000);
    const third = await list();
    await list({ repository: other });
    expect([state(third), third.startedAt]).toEqual(["PENDING", first.startedAt + 150_000]);
    expect(asked()).toBe("probe graphql probe, 1 points");
  });

  it("of a hasty caller shows a status reset as much sooner", async () => {
    await open({ number: 1 });
    const commit = gitHub.state.pullRequest(repository, 1).commits[0]?.oid ?? "";
    const hasty = () => client.list({ repository, branch, teams: [], pollInterval: 2000, signal });
    await hasty();
    gitHub.state.setStatus({ repository, commit, context: "c", state: "pending" });
    clock.advance(5000);
    expect((await hasty()).pullRequests[0]?.head.statuses).toHaveLength(1);
  });

  it("reads everything again after an hour", async () => {
    await open();
    await list();
    asked();
    clock.advance(3_600_000);
    await list();
    expect(asked()).toBe("probe graphql, 1 points");
  });
});

describe("a fault", () => {
  it("of one page is tried again; a lasting one ends the listing, and the next starts from what is known", async () => {
    await openMany(100);
    gitHub.faults.add({ on: "POST /graphql", skip: 1, times: 2, fault: { kind: "status", status: 502 } });
    expect(await numbers()).toHaveLength(100);
    gitHub.faults.add({ on: "*", fault: { kind: "cutBefore" } });
    expect(await code(list())).toBe("Unreachable");
    gitHub.faults.clear();
    expect(await numbers()).toHaveLength(100);
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
  ] as const)("%j of GraphQL is %s, never an empty listing", async (fault, expected) => {
    await open();
    gitHub.faults.add({ on: "POST /graphql", fault });
    expect(await code(list())).toBe(expected);
  });

  it("of a spent budget holds reads back until the reset, and lets writes through", async () => {
    await open();
    await list();
    gitHub.budgets.leave("core", 200, 60_000);
    clock.advance(150_000);
    gitHub.state.edit({ repository, number: 1, title: "Change" });
    await list();
    expect(await code(list())).toBe("RateLimited");
    const commit = gitHub.state.pullRequest(repository, 1).commits[0]?.oid ?? "";
    const status = { repository, commit, context: "c", state: "success", description: "", url: "" } as const;
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });
});

describe("a team", () => {
  const members = async () => [...((await list({ teams: ["o2"] })).teams.get("o2") ?? [])];

  it("W-19: is read in full, kept ten minutes, and kept longer when GitHub does not answer", async () => {
    const logins = Array.from({ length: 130 }, (_, index) => `m${index}`);
    gitHub.state.setTeam({ organization: "AliceO2Group", team: "o2", members: logins });
    expect(await members()).toEqual(logins);
    gitHub.state.setTeam({ organization: "AliceO2Group", team: "o2", members: ["ada"] });
    expect(await members()).toEqual(logins);
    clock.advance(600_000);
    expect(await members()).toEqual(["ada"]);
  });

  it("that nobody knows trusts nobody, and the listing goes on", async () => {
    await open();
    const { teams, pullRequests } = await list({ teams: ["none"] });
    expect([teams.get("none")?.size, pullRequests.length]).toEqual([0, 1]);
  });
});

describe("a status", () => {
  const status = { repository, context: "build/O2/o2", state: "pending", description: "Started", url: "" } as const;
  const set = (changes: object = {}) => {
    const commit = gitHub.state.pullRequest(repository, 1).commits[0]?.oid ?? "";
    return client.setStatus({ ...status, commit, ...changes }, signal);
  };
  beforeEach(() => open({ number: 1 }));

  it("is written once, and again only when it says something new", async () => {
    expect(await set()).toEqual({ written: true });
    expect(await set()).toEqual({ written: false });
    expect(await set({ description: "Rechecking" })).toEqual({ written: true });
    expect(await set({ description: "Rechecking", url: "https://logs.example/1" })).toEqual({ written: true });
    expect(gitHub.state.writes).toHaveLength(3);
  });

  it("without a link equals one whose link is the empty text", async () => {
    const commit = gitHub.state.pullRequest(repository, 1).commits[0]?.oid ?? "";
    gitHub.state.setStatus({
      repository,
      commit,
      context: status.context,
      state: "pending",
      description: "Started",
      targetUrl: "",
    });
    expect(await set()).toEqual({ written: false });
  });

  it("whose answer was lost is not written a second time", async () => {
    gitHub.faults.add({ on: "POST */statuses/*", times: 1, fault: { kind: "cutAfter" } });
    expect(await code(set())).toBe("Unreachable");
    expect(await set()).toEqual({ written: false });
    expect(gitHub.state.writes).toHaveLength(1);
  });

  it("that GitHub refuses is rejected, and one for an unknown commit not found", async () => {
    expect(await code(set({ description: "x".repeat(141) }))).toBe("Rejected");
    expect(await code(set({ commit: "f".repeat(40) }))).toBe("NotFound");
  });

  it("W-4: is rejected once GitHub's thousand of a context are used up", async () => {
    const commit = gitHub.state.pullRequest(repository, 1).commits[0]?.oid ?? "";
    for (let count = 0; count < 1000; count += 1)
      gitHub.state.setStatus({ repository, commit, context: status.context, state: "error" });
    expect(await code(set())).toBe("Rejected");
  });
});

describe("a comment", () => {
  const prefix = "Error while checking c for 123";
  const upsert = (body: string) =>
    client.upsertComment({ repository, number: 1, prefix, body: `${prefix} ${body}` }, signal);
  const bodies = () => gitHub.state.comments(repository, 1).map(({ body }) => body);
  beforeEach(() => open({ number: 1 }));

  it("is posted, edited when it differs, and left alone when it does not, behind 250 others", async () => {
    for (let count = 0; count < 250; count += 1) gitHub.state.comment({ repository, number: 1, body: "hello" });
    expect(await upsert("one")).toEqual({ written: true });
    expect(await upsert("one")).toEqual({ written: false });
    expect(await upsert("two")).toEqual({ written: true });
    expect(bodies().filter((body) => body !== "hello")).toEqual([`${prefix} two`]);
  });

  it("whose answer was lost is not posted a second time", async () => {
    gitHub.faults.add({ on: "POST */comments", times: 1, fault: { kind: "cutAfter" } });
    expect(await code(upsert("one"))).toBe("Unreachable");
    expect(await upsert("one")).toEqual({ written: false });
    expect(bodies()).toEqual([`${prefix} one`]);
  });
});
