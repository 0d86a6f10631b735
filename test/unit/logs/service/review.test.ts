import { describe, expect, it } from "vitest";
import { type Bearer, cacheReviews } from "../../../../src/logs/service/review.ts";

describe("cacheReviews", () => {
  it("caches a result for one minute", async () => {
    let now = 0;
    const answers: Bearer[] = [{ builder: "o2-1" }, "invalid"];
    const review = cacheReviews(async () => answers.shift() ?? "invalid", { monotonic: () => now });
    expect(await review("token")).toEqual({ builder: "o2-1" });
    now = 59_999;
    expect(await review("token")).toEqual({ builder: "o2-1" });
    now = 60_000;
    expect(await review("token")).toBe("invalid");
  });

  it("does not cache a failed review", async () => {
    let isDown = true;
    const review = cacheReviews(
      async () => {
        if (isDown) throw new Error("no answer");
        return { builder: "o2-1" };
      },
      { monotonic: () => 0 },
    );
    await expect(review("token")).rejects.toThrow("no answer");
    isDown = false;
    expect(await review("token")).toEqual({ builder: "o2-1" });
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
    for (let n = 0; n <= 10_000; n += 1) await review(`made-up-${n}`);
    await review("made-up-1");
    expect(reviewed).toHaveLength(10_001);
    await review("made-up-0");
    expect(reviewed).toHaveLength(10_002);
  });
});
