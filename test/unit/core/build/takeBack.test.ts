import { describe, expect, it } from "vitest";
import { finish, type TakeBack, takeBack } from "../../../../src/core/build/claim.ts";
import { isClaimable } from "../../../../src/core/build/state.ts";
import { aBuild, withVerdict } from "../../../support/objects/build.ts";
import { applied, claimed, finding, holderOf, running } from "../../../support/objects/inHands.ts";
import { noon } from "../../../support/objects/moment.ts";

type Case = readonly [title: string, build: ReturnType<typeof aBuild>, why: TakeBack];

describe("takeBack", () => {
  it.each<Case>([
    ["a claim of a suspect builder", claimed(), { cause: "Suspect" }],
    ["a claim of a lost builder", claimed(), { cause: "Lost" }],
    ["a build that a lost builder ran", running(), { cause: "Lost" }],
    ["a build of a builder with another build", running(), { cause: "SecondClaim" }],
    ["a build that the earlier process ran", running(), { cause: "NewIncarnation", incarnation: "o2-0-2" }],
  ])("requeues %s and voids the old claim", (_, build, why) => {
    const back = applied(build, takeBack(build, why, noon));
    expect(back.status).toMatchObject({
      phase: "Queued",
      attempt: 1,
      trouble: { reason: "BuilderLost", builder: "o2-0", count: 1 },
    });
    expect(isClaimable(back, noon)).toBe(true);
    expect(finish(back, holderOf("o2-0"), finding)).toHaveProperty("refused");
  });

  it.each<[...Case, string]>([
    [
      "a build that a suspect builder runs",
      running(),
      { cause: "Suspect" },
      `"o2-0" is silent but not lost, and may still build build/O2/o2 of o/r#1`,
    ],
    [
      "a build that the current process runs",
      running(),
      { cause: "NewIncarnation", incarnation: "o2-0-1" },
      `The current process of "o2-0" holds build/O2/o2 of o/r#1`,
    ],
    ["an unclaimed Build", aBuild(), { cause: "Lost" }, "No builder holds build/O2/o2 of o/r#1"],
    ["a finished Build", withVerdict("Success"), { cause: "Lost" }, "No builder holds build/O2/o2 of o/r#1"],
  ])("refuses %s", (_, build, why, refused) => {
    expect(takeBack(build, why, noon)).toEqual({ refused });
  });

  it("adds no pause when the first builder is lost during a build, but pauses from the second on", () => {
    const pauses: number[] = [];
    let build = aBuild();
    for (let now = noon; pauses.length < 4; ) {
      const held = running(build, "o2-0", now);
      build = applied(held, takeBack(held, { cause: "Lost" }, now));
      const due = Date.parse(build.status?.trouble?.notBefore ?? "") || now;
      pauses.push((due - now) / 60_000);
      now = due;
    }
    expect(pauses).toEqual([0, 2, 4, 8]);
  });

  it("counts no broken builder for a second claim, so other builders may build at once", () => {
    const back = applied(running(), takeBack(running(), { cause: "SecondClaim" }, noon));
    expect(back.status.trouble).not.toHaveProperty("brokenBuilders");
  });

  it("adds no pause for a claim without a started build, however many builders were lost", () => {
    const twice = { reason: "BuilderLost", message: "", builder: "o2-0", count: 2, request: 1 } as const;
    const held = claimed(aBuild({}, { trouble: { ...twice, at: "2026-01-05T11:00:00.000Z" } }));
    const back = applied(held, takeBack(held, { cause: "Lost" }, noon));
    expect(back.status.trouble?.notBefore).toBeUndefined();
  });
});
