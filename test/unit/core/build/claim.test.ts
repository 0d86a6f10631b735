import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { claim, finish, isClaimable, isRecheck, isWanted, release, start } from "../../../../src/core/build/claim.ts";
import { aBuild, heldBy, judged, sha } from "../../../support/objects/build.ts";
import { applied, claimed, finding, finished, holderOf, running } from "../../../support/objects/inHands.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const holder = holderOf("o2-0");
const verdict = { ...finding, commit: sha(1), request: 1, attempt: 1, builder: "o2-0" };

describe("a claim", () => {
  it("goes from Queued over Claimed and Running to Done", () => {
    const one = claimed();
    expect(one.status).toEqual({
      phase: "Claimed",
      attempt: 1,
      claim: { ...holder, request: 1, commit: sha(1), since: iso(noon) },
    });
    const two = applied(one, start(one, holder));
    expect(two.status).toMatchObject({ phase: "Running", attempt: 1, tree: "o2-0", claim: holder });
    const three = applied(two, finish(two, holder, finding));
    expect(three.status).toEqual({ phase: "Done", attempt: 1, tree: "o2-0", rechecks: 0, verdict });
    expect(isWanted(three)).toBe(false);
  });

  it.each<[string, Build]>([
    ["claimed by another", heldBy("o2-1", {}, { phase: "Claimed" })],
    ["running elsewhere", heldBy("o2-1")],
    ["done", judged("Success")],
    ["not asked for", aBuild({ request: 0 })],
    ["blocked", aBuild({ blocked: { reason: "Draft", message: "It is a draft" } })],
    ["on its way out", { ...aBuild(), metadata: { ...aBuild().metadata, deletionTimestamp: iso(noon) } }],
  ])("is refused while the build is %s", (_, build) => {
    expect(claim(build, holder, noon)).toEqual({ refused: "build/O2/o2 of o/r#1 is not there to be claimed" });
  });

  it("counts attempts over everything that happens, and forgets nothing that was reported", () => {
    const reported = {
      commit: sha(1),
      request: 1,
      state: "success" as const,
      description: "",
      url: "",
      at: iso(noon),
      writes: 2,
    };
    const again = claimed(judged("Success", { request: 2 }, { attempt: 7, reported, verdict }));
    expect(again.status).toMatchObject({
      attempt: 8,
      claim: { attempt: 8, request: 2 },
      reported,
      verdict: { request: 1 },
    });
  });

  it("cannot be started, finished or released by anybody else", () => {
    const build = running();
    for (const stranger of [
      { ...holder, builder: "o2-1" },
      { ...holder, incarnation: "o2-0-2" },
      { ...holder, attempt: 2 },
    ]) {
      const refused = `"${stranger.builder}" no longer holds attempt ${stranger.attempt} of build/O2/o2 of o/r#1`;
      expect(start(claimed(), stranger)).toEqual({ refused });
      expect(finish(build, stranger, finding)).toEqual({ refused });
      expect(release(build, stranger, { reason: "Drained", message: "", now: noon })).toEqual({ refused });
    }
  });

  it("cannot be started twice, nor finished before it was started", () => {
    expect(start(running(), holder)).toEqual({ refused: "build/O2/o2 of o/r#1 is Running already" });
    expect(finish(claimed(), holder, finding)).toEqual({
      refused: "build/O2/o2 of o/r#1 is Claimed, so there is no verdict to give",
    });
  });

  it("keeps a verdict on a commit that has a successor, and the build stays wanted (B-13)", () => {
    const pushed = { ...running(), spec: { ...aBuild().spec, commit: sha("f"), request: 2 } };
    const done = applied(pushed, finish(pushed, holder, finding));
    expect(done.status.verdict).toMatchObject({ commit: sha(1), request: 1 });
    expect(isClaimable(done, noon)).toBe(true);
  });

  it("keeps the last five verdicts before the last, newest first and without their excerpts", () => {
    const says = { ...finding, excerpt: "error: x" };
    let build = finished(aBuild(), "o2-0", says);
    for (let request = 2; request <= 8; request += 1)
      build = finished({ ...build, spec: { ...build.spec, request } }, "o2-0", says);
    expect(build.status.verdict).toMatchObject({ request: 8, excerpt: "error: x" });
    expect(build.status.history?.map(({ request }) => request)).toEqual([7, 6, 5, 4, 3]);
    expect(build.status.history?.some((earlier) => "excerpt" in earlier)).toBe(false);
  });

  it("counts rechecks of a commit, not rebuilds that were asked for, and begins anew with a push", () => {
    const before = { rechecks: 3, verdict };
    const counted = (build: ReturnType<typeof aBuild>) => finished(build).status.rechecks;
    expect(counted(judged("Failure", { request: 2, group: "failed" }, before))).toBe(4);
    expect(counted(judged("Failure", { request: 2 }, before))).toBe(3);
    expect(counted(judged("Failure", { request: 2, commit: sha("f") }, before))).toBe(0);
    expect(counted(aBuild({ group: "failed" }))).toBe(1);
  });
});

describe("a recheck", () => {
  it("is a build whose result is known", () => {
    expect(isRecheck(aBuild())).toBe(false);
    expect(isRecheck(aBuild({ group: "failed" }))).toBe(true);
    expect(isRecheck(aBuild({ group: "succeeded" }))).toBe(true);
  });
});
