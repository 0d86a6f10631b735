import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { claim, finish, release, start } from "../../../../src/core/build/claim.ts";
import { isClaimable, isRecheck, isWanted } from "../../../../src/core/build/state.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { applied, claimed, finding, finished, holderOf, running } from "../../../support/objects/inHands.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const holder = holderOf("o2-0");
const verdict = { ...finding, commit: sha(1), request: 1, attempt: 1, builder: "o2-0" };

describe("claim", () => {
  it("remembers the builders with older trees, newest first, at most three", () => {
    let build: Stored<"Build"> = aBuild();
    for (const builder of ["o2-0", "o2-1", "o2-0", "o2-2", "o2-3", "o2-4"]) {
      const { spec } = build;
      build = finished({ ...build, spec: { ...spec, request: spec.request + 1 } }, builder);
    }
    expect(build.status).toMatchObject({ tree: "o2-4", olderTrees: ["o2-3", "o2-2", "o2-0"] });
  });

  it("moves a Build from Queued to Claimed, Running and Done", () => {
    const one = claimed();
    expect(one.status).toEqual({
      phase: "Claimed",
      attempt: 1,
      claim: { ...holder, request: 1, commit: sha(1), since: iso(noon) },
      lastTurn: iso(noon),
    });
    const two = applied(one, start(one, holder));
    expect(two.status).toMatchObject({ phase: "Running", attempt: 1, tree: "o2-0", claim: holder });
    const three = applied(two, finish(two, holder, finding));
    expect(three.status).toEqual({
      phase: "Done",
      attempt: 1,
      tree: "o2-0",
      lastTurn: iso(noon),
      rechecks: 0,
      verdict,
    });
    expect(isWanted(three)).toBe(false);
  });

  it("counts an untested build as a turn of its group, and no recheck and no shadow", () => {
    const turnOf = (build: Build) => applied(build, claim(build, holder, noon)).status?.lastTurn;
    expect(turnOf(aBuild())).toBe(iso(noon));
    expect(turnOf(aBuild({ group: "failed" }))).toBeUndefined();
    expect(turnOf(aBuild({ shadow: { of: "o2-1", pool: "o2" } }))).toBeUndefined();
  });

  it.each<[string, Build]>([
    ["claimed by another builder", heldBy("o2-1", {}, { phase: "Claimed" })],
    ["running elsewhere", heldBy("o2-1")],
    ["done", withVerdict("Success")],
    ["not requested", aBuild({ request: 0 })],
    ["blocked", aBuild({ blocked: { reason: "Draft", message: "It is a draft" } })],
    ["being deleted", { ...aBuild(), metadata: { ...aBuild().metadata, deletionTimestamp: iso(noon) } }],
  ])("refuses a Build that is %s", (_, build) => {
    expect(claim(build, holder, noon)).toEqual({ refused: "build/O2/o2 of o/r#1 cannot be claimed now" });
  });

  it("counts attempts across requests and keeps the report record", () => {
    const reported = {
      commit: sha(1),
      request: 1,
      state: "success" as const,
      description: "",
      url: "",
      at: iso(noon),
      writes: 2,
    };
    const again = claimed(withVerdict("Success", { request: 2 }, { attempt: 7, reported, verdict }));
    expect(again.status).toMatchObject({
      attempt: 8,
      claim: { attempt: 8, request: 2 },
      reported,
      verdict: { request: 1 },
    });
  });

  it("refuses start, finish and release by any other holder", () => {
    const build = running();
    for (const other of [
      { ...holder, builder: "o2-1" },
      { ...holder, incarnation: "o2-0-2" },
      { ...holder, attempt: 2 },
    ]) {
      const refused = `"${other.builder}" no longer holds attempt ${other.attempt} of build/O2/o2 of o/r#1`;
      expect(start(claimed(), other)).toEqual({ refused });
      expect(finish(build, other, finding)).toEqual({ refused });
      expect(release(build, other, { reason: "Drained", message: "", now: noon })).toEqual({ refused });
    }
  });

  it("refuses a second start, and a finish before the start", () => {
    expect(start(running(), holder)).toEqual({ refused: "build/O2/o2 of o/r#1 is already Running" });
    expect(finish(claimed(), holder, finding)).toEqual({
      refused: "build/O2/o2 of o/r#1 is Claimed, not Running, so it takes no verdict",
    });
  });

  it("keeps a verdict on an outdated commit, and the build stays wanted (B-13)", () => {
    const pushed = { ...running(), spec: { ...aBuild().spec, commit: sha("f"), request: 2 } };
    const done = applied(pushed, finish(pushed, holder, finding));
    expect(done.status.verdict).toMatchObject({ commit: sha(1), request: 1 });
    expect(isClaimable(done, noon)).toBe(true);
  });

  it("keeps five earlier verdicts, newest first and without excerpts", () => {
    const verdictInput = { ...finding, excerpt: "error: x" };
    let build = finished(aBuild(), "o2-0", verdictInput);
    for (let request = 2; request <= 8; request += 1)
      build = finished({ ...build, spec: { ...build.spec, request } }, "o2-0", verdictInput);
    expect(build.status.verdict).toMatchObject({ request: 8, excerpt: "error: x" });
    expect(build.status.history?.map(({ request }) => request)).toEqual([7, 6, 5, 4, 3]);
    expect(build.status.history?.some((earlier) => "excerpt" in earlier)).toBe(false);
  });

  it("counts rechecks but not requested rebuilds of a commit, from 0 after each push", () => {
    const before = { rechecks: 3, verdict };
    const counted = (build: ReturnType<typeof aBuild>) => finished(build).status.rechecks;
    expect(counted(withVerdict("Failure", { request: 2, group: "failed" }, before))).toBe(4);
    expect(counted(withVerdict("Failure", { request: 2 }, before))).toBe(3);
    expect(counted(withVerdict("Failure", { request: 2, commit: sha("f") }, before))).toBe(0);
    expect(counted(aBuild({ group: "failed" }))).toBe(1);
  });
});

describe("recheck", () => {
  it("is a build with a known result", () => {
    expect(isRecheck(aBuild())).toBe(false);
    expect(isRecheck(aBuild({ group: "failed" }))).toBe(true);
    expect(isRecheck(aBuild({ group: "succeeded" }))).toBe(true);
  });
});
