import { afterEach, describe, expect, it } from "vitest";
import type { BuilderPoolSpec } from "../../../../src/api/objects/pool.ts";
import type { PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { type GitHub, GitHubError } from "../../../../src/github/github.ts";
import { createListings } from "../../../../src/operator/queue/listings.ts";
import { runQueue } from "../../../../src/operator/queue/run.ts";
import { openEmbeddedStore } from "../../../../src/store/embedded/embedded.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { sha } from "../../../support/objects/build.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const log = createLog({ level: "silent" });
const stop: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of stop.splice(0)) await end();
});

/** A small GitHub with its pull requests, the requests so far, and its failure. */
function aGitHub(pullRequests: PullRequest[]) {
  const state = {
    pullRequests,
    requests: [] as string[],
    reread: [] as (readonly number[])[],
    failure: undefined as GitHubError | undefined,
  };
  const github: Pick<GitHub, "list"> = {
    async list({ repository, branch, teams, reread = [] }) {
      state.reread.push(reread);
      state.requests.push(`${repository} ${branch}${teams.length > 0 ? ` ${teams}` : ""}`);
      if (state.failure !== undefined) throw state.failure;
      if (repository === "gone/r") throw new GitHubError("NotFound", "gone/r does not exist");
      return aListing(state.pullRequests, {
        repository,
        branch,
        teams: new Map(teams.map((team) => [team, new Set<string>()])),
      });
    },
  };
  return { state, github: github as GitHub };
}

async function aQueue(
  specs: Readonly<Record<string, Partial<BuilderPoolSpec>>>,
  pullRequests: PullRequest[],
  connection: (github: GitHub) => GitHub | undefined = (github) => github,
) {
  const clock = fakeClock();
  const store = openEmbeddedStore({ file: ":memory:", clock, log });
  const { state, github } = aGitHub(pullRequests);
  const listings = createListings();
  const unsettled = new Map<string, number>();
  const ends = new AbortController();
  for (const [name, spec] of Object.entries(specs)) {
    const { apiVersion, kind, spec: full } = aPool(spec, name);
    await store.create("BuilderPool", { apiVersion, kind, metadata: { name }, spec: full });
  }
  const world = { store, clock, log, listings, unsettled, rechecks: false, github: () => connection(github) };
  const running = runQueue(world, ends.signal);
  stop.push(async () => {
    ends.abort();
    await running;
    store.close();
  });
  await clock.advance(1000);
  const versions = async () => (await store.list("Build")).map(({ metadata }) => metadata.resourceVersion);
  return { store, clock, state, listings, unsettled, versions, builds: () => store.list("Build") };
}

describe("the queue", () => {
  it("lists a repository and branch once for all pools and checks, at the shortest interval", async () => {
    const checks = ["a", "b"].map((name) => ({ name }));
    const github = (pollInterval: string) => ({
      github: { apiUrl: "https://api", gitUrl: "https://git", pollInterval },
    });
    const { state, builds, clock } = await aQueue(
      { o2: { checks, ...github("60s") }, mac: { checks: [{ name: "c" }], ...github("30s") } },
      [aPullRequest()],
    );
    expect(state.requests).toEqual(["o/r master"]);
    expect((await builds()).map(({ spec }) => `${spec.pool} ${spec.check}`).sort()).toEqual(["mac c", "o2 a", "o2 b"]);
    await clock.advance(60_000);
    expect(state.requests).toHaveLength(3);
  });

  it("writes nothing while nothing changes", async () => {
    const { clock, versions, unsettled, listings } = await aQueue(
      { o2: {} },
      [1, 2].map((number) => aPullRequest({ number })),
    );
    expect([...unsettled]).toEqual([]);
    expect(listings.areFresh()).toBe(true);
    const before = await versions();
    await clock.advance(180_000);
    expect(await versions()).toEqual(before);
  });

  it("W-18: follows pushes and closed pull requests within one poll", async () => {
    const { state, clock, builds } = await aQueue(
      { o2: {} },
      [1, 2].map((number) => aPullRequest({ number })),
    );
    state.pullRequests = [aPullRequest({ number: 2, commit: sha("f") })];
    await clock.advance(61_000);
    expect((await builds()).map(({ spec }) => [spec.number, spec.commit, spec.request])).toEqual([[2, sha("f"), 2]]);
  });

  it("W-14: keeps the last listing as stale while GitHub is down, and polls with growing pauses", async () => {
    const { state, clock, listings, versions } = await aQueue({ o2: {} }, [aPullRequest()]);
    const before = await versions();
    const [known] = listings.states();
    state.failure = new GitHubError("Unreachable", "GitHub answered 502");
    await clock.advance(60_000 + 60_000 + 120_000 + 240_000 - 2000);
    expect(state.requests).toHaveLength(4);
    expect(await versions()).toEqual(before);
    expect(listings.areFresh()).toBe(false);
    expect(listings.states()).toEqual([{ ...known, stale: true, message: "GitHub answered 502; tried again in 4m" }]);

    state.failure = undefined;
    state.pullRequests = [];
    await clock.advance(10_000);
    expect(listings.areFresh()).toBe(true);
    expect(await versions()).toEqual([]);
  });

  it("P-21: waits until GitHub's reset time when the budget is spent", async () => {
    const { state, clock } = await aQueue({ o2: {} }, [aPullRequest()]);
    state.failure = new GitHubError("RateLimited", "no requests left", { retryAt: clock.now() + 3_600_000 });
    await clock.advance(3_590_000);
    expect(state.requests).toHaveLength(2);
    await clock.advance(20_000);
    expect(state.requests).toHaveLength(3);
  });

  it("P-20: lists one repository while another cannot be listed", async () => {
    const checks = [{ name: "a" }, { name: "b", repository: "gone/r" }];
    const { builds, listings } = await aQueue({ o2: { checks } }, [aPullRequest()]);
    expect((await builds()).map(({ spec }) => spec.check)).toEqual(["a"]);
    expect(listings.states("o2").map(({ repository, stale }) => [repository, stale])).toEqual([
      ["gone/r", true],
      ["o/r", false],
    ]);
    expect(listings.states("other")).toEqual([]);
  });

  it("lists at once when a check names a team, and drops unused listings", async () => {
    const { store, state, clock, listings } = await aQueue({ o2: {} }, [aPullRequest()]);
    const change = async (spec: Partial<BuilderPoolSpec>) => {
      const pool = await store.get("BuilderPool", "o2");
      if (pool !== undefined) await store.update("BuilderPool", { ...pool, spec: { ...pool.spec, ...spec } });
      await clock.advance(1000);
    };
    await change({ trust: { team: "experts" } });
    expect(state.requests).toEqual(["o/r master", "o/r master experts"]);
    await change({ branch: "dev" });
    expect(listings.states().map(({ branch }) => branch)).toEqual(["dev"]);
    await clock.advance(60_000);
    expect(state.requests.slice(2)).toEqual(["o/r dev experts", "o/r dev experts"]);
  });

  it("lists at once with a corrected credential after any number of failures", async () => {
    const { store, state, clock, listings } = await aQueue({ o2: {} }, [aPullRequest()]);
    state.failure = new GitHubError("Unauthorized", 'The Secret "githib" does not exist');
    await clock.advance(60 * 60_000);
    state.failure = undefined;
    state.requests.length = 0;
    const pool = await store.get("BuilderPool", "o2");
    if (pool === undefined) throw new Error("no pool");
    const github = { ...pool.spec.github, secretRef: { name: "github" } };
    await store.update("BuilderPool", { ...pool, spec: { ...pool.spec, github } });
    await clock.advance(1000);
    expect(state.requests).toEqual(["o/r master"]);
    expect(listings.areFresh()).toBe(true);
  });

  it("reads trust again at every poll and at the claim before the first build of a commit", async () => {
    const { store, state, clock, builds } = await aQueue(
      { o2: {} },
      [1, 2].map((number) => aPullRequest({ number, association: number === 1 ? "MEMBER" : "NONE" })),
    );
    await clock.advance(60_000);
    expect(state.reread).toEqual([[], [1]]);
    const [build] = await builds();
    if (build === undefined) throw new Error("no build");
    const { request, commit } = build.spec;
    const held = { builder: "o2-0", incarnation: "i", attempt: 1, request, commit, since: build.spec.waitingSince };
    state.pullRequests = state.pullRequests.map((one) => ({ ...one, association: "NONE" }));
    await store.updateStatus("Build", { ...build, status: { phase: "Claimed", attempt: 1, claim: held } });
    await clock.advance(1000);
    expect(state.reread).toEqual([[], [1], [1]]);
    expect((await builds())[0]?.spec.blocked?.reason).toBe("Untrusted");
  });

  it("plans again after a concurrent write", async () => {
    const { store, state, clock, builds } = await aQueue({ o2: {} }, [aPullRequest()]);
    const [build] = await builds();
    const write = store.update.bind(store);
    let overtaken = 0;
    Object.assign(store, {
      update: async (kind: "Build", object: NonNullable<typeof build>) => {
        if (overtaken === 0 && build !== undefined) {
          overtaken = 1;
          await store.updateStatus("Build", { ...build, status: { phase: "Queued", attempt: 3 } });
        }
        return await write(kind, object);
      },
    });
    state.pullRequests = [aPullRequest({ commit: sha("f") })];
    await clock.advance(62_000);
    expect(overtaken).toBe(1);
    expect((await builds())[0]).toMatchObject({ spec: { commit: sha("f"), request: 2 }, status: { attempt: 3 } });
  });

  it("names the missing credential when no pool has one", async () => {
    const { listings } = await aQueue({ o2: {} }, [aPullRequest()], () => undefined);
    expect(listings.states()[0]?.message).toBe(
      'There is no GitHub credential for o/r; give the pool "o2" one; tried again in 1m',
    );
  });
});
