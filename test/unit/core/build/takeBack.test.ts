import { describe, expect, it } from "vitest";
import { finish, isClaimable, type TakeBack, takeBack } from "../../../../src/core/build/claim.ts";
import { aBuild, judged } from "../../../support/objects/build.ts";
import { applied, claimed, finding, holderOf, running } from "../../../support/objects/inHands.ts";
import { noon } from "../../../support/objects/moment.ts";

type Case = readonly [what: string, build: ReturnType<typeof aBuild>, why: TakeBack];

describe("taking back", () => {
  it.each<Case>([
    ["a claim of a suspect", claimed(), { cause: "Suspect" }],
    ["a claim of a lost one", claimed(), { cause: "Lost" }],
    ["what a lost one ran", running(), { cause: "Lost" }],
    ["what the process before ran", running(), { cause: "NewIncarnation", incarnation: "o2-0-2" }],
  ])(
    "%s puts the build back into the queue, where everybody may claim it, and voids the old claim",
    (_, build, why) => {
      const back = applied(build, takeBack(build, why, noon));
      expect(back.status).toMatchObject({
        phase: "Queued",
        attempt: 1,
        trouble: { reason: "BuilderLost", builder: "o2-0", count: 1 },
      });
      expect(isClaimable(back, noon)).toBe(true);
      expect(finish(back, holderOf("o2-0"), finding)).toHaveProperty("refused");
    },
  );

  it.each<[...Case, string]>([
    [
      "what a suspect runs",
      running(),
      { cause: "Suspect" },
      `build/O2/o2 of o/r#1 may still be built by "o2-0", which is silent but not lost`,
    ],
    [
      "what this process runs",
      running(),
      { cause: "NewIncarnation", incarnation: "o2-0-1" },
      `build/O2/o2 of o/r#1 is held by the present process of "o2-0"`,
    ],
    ["what nobody holds", aBuild(), { cause: "Lost" }, "build/O2/o2 of o/r#1 is claimed by nobody"],
    ["what is done", judged("Success"), { cause: "Lost" }, "build/O2/o2 of o/r#1 is claimed by nobody"],
  ])("%s is refused", (_, build, why, refused) => {
    expect(takeBack(build, why, noon)).toEqual({ refused });
  });

  it("what runs lets somebody else start at once, but a build that has lost two builders may be why, and waits", () => {
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

  it("what was only claimed never makes the build wait, however many builders it has lost", () => {
    const twice = { reason: "BuilderLost", message: "", builder: "o2-0", count: 2, request: 1 } as const;
    const held = claimed(aBuild({}, { trouble: { ...twice, at: "2026-01-05T11:00:00.000Z" } }));
    const back = applied(held, takeBack(held, { cause: "Lost" }, noon));
    expect(back.status.trouble?.notBefore).toBeUndefined();
  });
});
