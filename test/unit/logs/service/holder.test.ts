import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createHolding, type Holding, TooManyRequests } from "../../../../src/logs/service/holder.ts";
import { type FoundBuild, type TokenReviews, tokenReviews } from "../../../support/logs/tokenReviews.ts";

const commit = "1".repeat(40);
const earlier = "2".repeat(40);
const spec = { pool: "o2", repository: "o/r", number: 7, check: "build/O2/o2" };
const directory = `o/r/7/${commit}/build_O2_o2`;
const by = (builder: string, at = commit) => ({ builder, commit: at });

let api: TokenReviews;
let now: number;
let holding: Holding;

beforeAll(async () => {
  api = await tokenReviews({});
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() => {
  now = 0;
  api.failLists(false);
  const clock = { monotonic: () => now };
  holding = createHolding({ apiServer: api.address, ownToken: async () => "own", namespace: "ci", clock });
});

const holds = (status: object | undefined, change: Partial<FoundBuild["spec"]> = {}) => {
  api.builds = [{ spec: { ...spec, ...change }, ...(status && { status }) }];
  return holding({ builder: "o2-0", pool: "o2" }, directory);
};

describe("a builder may write the log of", () => {
  it.each([
    ["a Build that it holds", { claim: by("o2-0") }],
    ["a Build that it built last", { verdict: by("o2-0") }],
    ["a Build with its verdict that another builder rebuilds", { verdict: by("o2-0"), claim: by("o2-1") }],
    ["an earlier commit that it built last", { verdict: by("o2-1", earlier), history: [by("o2-0")] }],
  ])("%s", async (_what, status) => {
    expect(await holds(status)).toBe(true);
  });
});

describe("the log directory of a shadow", () => {
  const shadow = { of: "o1-7", pool: "o1" };
  const own = `${directory}-shadow-o2`;
  const mayWrite = (path: string, change: Partial<FoundBuild["spec"]>) => {
    api.builds = [{ spec: { ...spec, ...change }, status: { claim: by("o2-0") } }];
    return holding({ builder: "o2-0", pool: "o2" }, path);
  };

  it("belongs to the builder of the shadow, not to the builder of the loud build", async () => {
    expect(await mayWrite(own, {})).toBe(false);
    expect(await mayWrite(own, { shadow })).toBe(true);
  });

  it("is the only directory of the builder of the shadow", async () => {
    expect(await mayWrite(directory, { shadow })).toBe(false);
  });
});

describe("a builder may not write the log of", () => {
  it.each([
    ["a waiting Build", undefined],
    ["a Build that another builder holds", { claim: by("o2-1") }],
    ["a Build that another builder built", { verdict: by("o2-1") }],
    ["a Build that another builder built again", { verdict: by("o2-1"), history: [by("o2-0")] }],
    ["another commit of its Build", { claim: by("o2-0", earlier) }],
  ])("%s", async (_what, status) => {
    expect(await holds(status)).toBe(false);
  });

  it.each([
    ["another pool", { pool: "o3" }],
    ["another repository", { repository: "o/other" }],
    ["another pull request", { number: 8 }],
    ["another check", { check: "build/O2/o3" }],
  ])("a Build of %s", async (_what, change) => {
    expect(await holds({ claim: by("o2-0") }, change)).toBe(false);
  });
});

describe("the lookup", () => {
  it("caches a positive result for five seconds, and no negative one", async () => {
    const before = api.listed;
    expect(await holds(undefined)).toBe(false);
    expect(await holds({ claim: by("o2-0") })).toBe(true);
    now = 4_999;
    expect(await holds(undefined)).toBe(true);
    expect(api.listed - before).toBe(2);
    now = 5_000;
    expect(await holds(undefined)).toBe(false);
  });

  it("rejects while the API server fails", async () => {
    api.failLists(true);
    await expect(holds({ claim: by("o2-0") })).rejects.toThrow("answered 500");
  });

  it("limits each builder", async () => {
    const before = api.listed;
    const tries = Array.from({ length: 200 }, () => holds(undefined));
    const refused = (await Promise.allSettled(tries)).filter((one) => one.status === "rejected");
    expect(api.listed - before).toBe(20);
    expect(refused[0]?.reason).toBeInstanceOf(TooManyRequests);
    api.builds = [{ spec, status: { claim: by("o2-1") } }];
    expect(await holding({ builder: "o2-1", pool: "o2" }, directory)).toBe(true);
  });
});
