import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { release } from "../../../../src/core/build/claim.ts";
import { isClaimable } from "../../../../src/core/build/state.ts";
import { aBuild, sha } from "../../../support/objects/build.ts";
import { applied, claimed, holderIn, running } from "../../../support/objects/inHands.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

type Reason = Parameters<typeof release>[2]["reason"];

function released<B extends Build>(build: B, reason: Reason, now = noon) {
  return applied(build, release(build, holderIn(build), { reason, message: `reason: ${reason}`, now }));
}

describe("release", () => {
  it("requeues the build and records the reason", () => {
    const build = released(running(), "FetchFailed");
    expect(build.status).toEqual({
      phase: "Queued",
      attempt: 1,
      tree: "o2-0",
      lastTurn: iso(noon),
      trouble: {
        reason: "FetchFailed",
        message: "reason: FetchFailed",
        builder: "o2-0",
        count: 1,
        request: 1,
        at: iso(noon),
        notBefore: iso(noon + 60_000),
      },
    });
    expect(isClaimable(build, noon + 59_999)).toBe(false);
    expect(isClaimable(build, noon + 60_000)).toBe(true);
  });

  it("doubles the pause after each infrastructure failure, up to 30 minutes", () => {
    const pauses: number[] = [];
    let build = aBuild();
    for (let due = noon; pauses.length < 8; ) {
      build = released(claimed(build, "o2-0", due), "DiskFull", due);
      const next = Date.parse(build.status?.trouble?.notBefore ?? "");
      pauses.push((next - due) / 60_000);
      due = next;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it.each(["Drained", "Preempted", "HeartbeatLost"] as const)("adds no pause after %s", (reason) => {
    const build = released(running(), reason);
    expect(build.status.trouble?.notBefore).toBeUndefined();
    expect(isClaimable(build, noon)).toBe(true);
  });

  it("records no trouble after a push, because the trouble was on the old commit", () => {
    expect(released(running(), "Superseded").status).toEqual({
      ...{ phase: "Queued", attempt: 1, tree: "o2-0", lastTurn: iso(noon) },
    });
  });

  it("ignores the pause of an earlier request", () => {
    const failed = released(running(), "FetchFailed");
    const pushed = { ...failed, spec: { ...failed.spec, commit: sha("f"), request: 2 } };
    expect(isClaimable(pushed, noon)).toBe(true);
  });

  it("ignores a pause further ahead than the longest pause, because the clock was wrong", () => {
    const failed = released(running(), "FetchFailed", noon + 86_400_000);
    expect(isClaimable(failed, noon)).toBe(true);
  });
});
