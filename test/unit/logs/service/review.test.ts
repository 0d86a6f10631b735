import { describe, expect, it } from "vitest";
import { TooManyRequests } from "../../../../src/logs/service/holder.ts";
import { type Bearer, cacheReviews, createTokenReview, type Review } from "../../../../src/logs/service/review.ts";
import { createReviewLimits } from "../../../../src/logs/service/reviewLimits.ts";
import { tokenReviews } from "../../../support/logs/tokenReviews.ts";

describe("createTokenReview", () => {
  it.each<[account: string, pod: string | undefined, bearer: Bearer]>([
    ["ci:o2-builder", "o2-1", { builder: "o2-1", pool: "o2" }],
    ["ci:mac01.o2.host", undefined, { builder: "mac01", pool: "o2" }],
    ["ci:mac01.o2.host", "o2-1", { builder: "mac01", pool: "o2" }],
    ["other:mac01.o2.host", undefined, { other: "system:serviceaccount:other:mac01.o2.host" }],
    ["ci:mac01.o2.host.more", undefined, { other: "system:serviceaccount:ci:mac01.o2.host.more" }],
    ["ci:o2-builder", undefined, { other: "system:serviceaccount:ci:o2-builder" }],
  ])("knows the account %s with the pod %s", async (account, pod, bearer) => {
    const username = `system:serviceaccount:${account}`;
    await using reviews = await tokenReviews({ token: { username, ...(pod !== undefined && { pod }) } });
    const own = { ownToken: async () => "own", audience: "builderpool-logs", namespace: "ci" };
    expect(await createTokenReview({ apiServer: reviews.address, ...own })("token", "")).toEqual(bearer);
  });
});

describe("cacheReviews", () => {
  it("caches a result for one minute", async () => {
    let now = 0;
    const answers: Bearer[] = [{ builder: "o2-1", pool: "o2" }, "invalid"];
    const review = cacheReviews(async () => answers.shift() ?? "invalid", { monotonic: () => now });
    expect(await review("token", "192.0.2.1")).toEqual({ builder: "o2-1", pool: "o2" });
    now = 59_999;
    expect(await review("token", "192.0.2.1")).toEqual({ builder: "o2-1", pool: "o2" });
    now = 60_000;
    expect(await review("token", "192.0.2.1")).toBe("invalid");
  });

  it("does not cache a failed review", async () => {
    let isDown = true;
    const review = cacheReviews(
      async () => {
        if (isDown) throw new Error("no answer");
        return { builder: "o2-1", pool: "o2" };
      },
      { monotonic: () => 0 },
    );
    await expect(review("token", "192.0.2.1")).rejects.toThrow("no answer");
    isDown = false;
    expect(await review("token", "192.0.2.1")).toEqual({ builder: "o2-1", pool: "o2" });
  });

  it("evicts the oldest result when the cache is full", async () => {
    const reviewed: string[] = [];
    const review = cacheReviews(
      async (token) => {
        reviewed.push(token);
        return "invalid";
      },
      { monotonic: () => 0 },
    );
    for (let n = 0; n <= 10_000; n += 1) await review(`made-up-${n}`, "192.0.2.1");
    await review("made-up-1", "192.0.2.1");
    expect(reviewed).toHaveLength(10_001);
    await review("made-up-0", "192.0.2.1");
    expect(reviewed).toHaveLength(10_002);
  });

  it("keeps the results of builders while made-up tokens fill the cache", async () => {
    let reviewed = 0;
    const review = cacheReviews(
      async (token) => {
        reviewed += 1;
        return token === "real" ? { builder: "o2-1", pool: "o2" } : "invalid";
      },
      { monotonic: () => 0 },
    );
    await review("real", "192.0.2.1");
    for (let n = 0; n <= 10_000; n += 1) await review(`made-up-${n}`, "192.0.2.1");
    await review("real", "192.0.2.1");
    expect(reviewed).toBe(10_002);
  });

  it("asks once for a token that arrives many times at once", async () => {
    let reviewed = 0;
    const review = cacheReviews(
      async () => {
        reviewed += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return "invalid";
      },
      { monotonic: () => 0 },
    );
    await Promise.all(Array.from({ length: 50 }, () => review("token", "192.0.2.1")));
    expect(reviewed).toBe(1);
  });
});

describe("the limits of reviews", () => {
  const flood = async (review: Review, from: (n: number) => string, count: number) => {
    const results = Array.from({ length: count }, (_, n) => review(`made-up-${from(n)}-${n}`, from(n)));
    return (await Promise.allSettled(results)).filter(({ status }) => status === "fulfilled").length;
  };

  function aReview() {
    const clock = { now: 0, monotonic: () => clock.now };
    const review = cacheReviews(
      async (token) => (token.startsWith("real") ? { builder: "o2-1", pool: "o2" } : "invalid"),
      clock,
      createReviewLimits(clock),
    );
    return { review, clock };
  }

  it("end a flood from one source, and not the reviews of another", async () => {
    const { review, clock } = aReview();
    expect(await flood(review, () => "192.0.2.1", 1000)).toBe(20);
    await expect(review("real", "192.0.2.1")).rejects.toThrow(TooManyRequests);
    expect(await review("real", "192.0.2.2")).toMatchObject({ builder: "o2-1" });
    clock.now = 10_000;
    expect(await review("real-2", "192.0.2.1")).toMatchObject({ builder: "o2-1" });
  });

  it("count only failed reviews", async () => {
    const { review } = aReview();
    for (let n = 0; n < 500; n += 1) await review(`real-${n}`, "192.0.2.1");
    expect(await flood(review, () => "192.0.2.1", 1000)).toBe(20);
  });

  it("keep reviews for sources without failures while many sources flood", async () => {
    const { review } = aReview();
    await flood(review, (n) => `192.0.2.${n % 4}`, 1000);
    expect(await review("real", "192.0.2.200")).toMatchObject({ builder: "o2-1" });
  });

  it("end a flood from all sources together", async () => {
    const { review } = aReview();
    expect(await flood(review, (n) => `10.0.${n >> 8}.${n & 255}`, 5000)).toBe(100);
  });

  it("see one host in all addresses of an IPv6 network", async () => {
    const { review } = aReview();
    expect(await flood(review, (n) => `2001:db8:0:1:${n.toString(16)}::1`, 1000)).toBe(20);
    expect(await flood(review, (n) => `2001:db8::${n.toString(16)}`, 1000)).toBe(20);
  });
});
