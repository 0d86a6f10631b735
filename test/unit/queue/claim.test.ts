import { describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/build.ts";
import { Build as BuildSchema } from "../../../src/api/build.ts";
import {
  claim,
  finish,
  isClaimable,
  isRecheck,
  isWanted,
  mustStop,
  release,
  start,
  type TakeBack,
  type Transition,
  takeBack,
} from "../../../src/core/queue/claim.ts";
import { aBuild, heldBy, judged, sha } from "../../support/objects/build.ts";
import { iso, noon } from "../../support/objects/moment.ts";

const self = { builder: "o2-0", incarnation: "o2-0-1" };
const holder = { ...self, attempt: 1 };
const finding = {
  result: "Success" as const,
  description: "",
  silent: false,
  startedAt: iso(noon),
  finishedAt: iso(noon + 1),
};

/** The Build after a transition that must be allowed. */
function applied(build: Build, transition: Transition): Build {
  if ("refused" in transition) throw new Error(transition.refused);
  return BuildSchema.parse({ ...build, status: transition.status });
}
const claimed = (build: Build = aBuild()) => applied(build, claim(build, self, noon));
const running = (build: Build = aBuild()) => applied(claimed(build), start(claimed(build), holder));

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
    expect(three.status).toEqual({
      phase: "Done",
      attempt: 1,
      tree: "o2-0",
      rechecks: 0,
      verdict: { ...finding, commit: sha(1), request: 1, attempt: 1, builder: "o2-0" },
    });
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
    expect(claim(build, self, noon)).toEqual({ refused: "build/O2/o2 of o/r#1 is not there to be claimed" });
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
    const again = claimed(judged("Success", { request: 2 }, { attempt: 7, reported, verdict: verdictOf(1) }));
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
    expect(done.status?.verdict).toMatchObject({ commit: sha(1), request: 1 });
    expect(isClaimable(done, noon)).toBe(true);
  });

  it("keeps the last five verdicts before the last, newest first and without their excerpts", () => {
    let build: Build = aBuild();
    for (let request = 1; request <= 8; request += 1) {
      build = { ...build, spec: { ...build.spec, request } };
      const attempt = { ...self, attempt: request };
      const held = applied(build, claim(build, self, noon));
      const started = applied(held, start(held, attempt));
      build = applied(started, finish(started, attempt, { ...finding, excerpt: "error: x" }));
    }
    expect(build.status?.verdict?.request).toBe(8);
    expect(build.status?.history?.map(({ request }) => request)).toEqual([7, 6, 5, 4, 3]);
    expect(build.status?.history?.some((verdict) => "excerpt" in verdict)).toBe(false);
  });

  it("counts rechecks of a commit, not rebuilds that were asked for, and begins anew with a push", () => {
    const finished = (build: Build) => {
      const attempt = { ...self, attempt: (build.status?.attempt ?? 0) + 1 };
      const held = applied(build, claim(build, self, noon));
      const started = applied(held, start(held, attempt));
      return applied(started, finish(started, attempt, finding)).status?.rechecks;
    };
    expect(finished(judged("Failure", { request: 2, group: "failed" }, { rechecks: 3, verdict: verdictOf(1) }))).toBe(
      4,
    );
    expect(finished(judged("Failure", { request: 2 }, { rechecks: 3, verdict: verdictOf(1) }))).toBe(3);
    expect(finished(judged("Failure", { request: 2, commit: sha("f") }, { rechecks: 3, verdict: verdictOf(1) }))).toBe(
      0,
    );
    expect(finished(aBuild({ group: "failed" }))).toBe(1);
  });
});

function verdictOf(request: number) {
  return { ...finding, commit: sha(1), request, attempt: 1, builder: "o2-0" };
}

describe("a release", () => {
  const released = (build: Build, reason: Parameters<typeof release>[2]["reason"], now = noon) =>
    applied(build, release(build, holder, { reason, message: `${reason} it was`, now }));

  it("puts the build back with the reason on record", () => {
    const build = released(running(), "FetchFailed");
    expect(build.status).toEqual({
      phase: "Queued",
      attempt: 1,
      tree: "o2-0",
      trouble: {
        reason: "FetchFailed",
        message: "FetchFailed it was",
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

  it("makes an infrastructure failure wait twice as long each time, up to half an hour", () => {
    const pauses: number[] = [];
    let build: Build = aBuild();
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      const due = Date.parse(build.status?.trouble?.notBefore ?? iso(noon));
      const held = applied(build, claim(build, self, due));
      build = applied(held, release(held, { ...self, attempt }, { reason: "DiskFull", message: "", now: due }));
      pauses.push((Date.parse(build.status?.trouble?.notBefore ?? "") - due) / 60_000);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it.each(["Drained", "Preempted", "HeartbeatLost"] as const)("for %s lets somebody else start at once", (reason) => {
    const build = released(running(), reason);
    expect(build.status?.trouble?.notBefore).toBeUndefined();
    expect(isClaimable(build, noon)).toBe(true);
  });

  it("for a push leaves no trouble behind: it was about the commit before", () => {
    expect(released(running(), "Superseded").status).toEqual({ phase: "Queued", attempt: 1, tree: "o2-0" });
  });

  it("of an earlier request holds up no later one", () => {
    const failed = released(running(), "FetchFailed");
    const pushed = { ...failed, spec: { ...failed.spec, commit: sha("f"), request: 2 } };
    expect(isClaimable(pushed, noon)).toBe(true);
  });

  it("whose end lies further ahead than any pause came from a wrong clock and holds up nothing", () => {
    const failed = released(running(), "FetchFailed", noon + 86_400_000);
    expect(isClaimable(failed, noon)).toBe(true);
  });
});

describe("taking back", () => {
  it.each<[string, Build, TakeBack, string | undefined]>([
    ["a claim of a suspect", claimed(), { cause: "Suspect" }, undefined],
    [
      "what a suspect runs",
      running(),
      { cause: "Suspect" },
      `build/O2/o2 of o/r#1 may still be built by "o2-0", which is silent but not lost`,
    ],
    ["a claim of a lost one", claimed(), { cause: "Lost" }, undefined],
    ["what a lost one ran", running(), { cause: "Lost" }, undefined],
    ["what the process before ran", running(), { cause: "NewIncarnation", incarnation: "o2-0-2" }, undefined],
    [
      "what this process runs",
      running(),
      { cause: "NewIncarnation", incarnation: "o2-0-1" },
      `build/O2/o2 of o/r#1 is held by the present process of "o2-0"`,
    ],
    ["what nobody holds", aBuild(), { cause: "Lost" }, "build/O2/o2 of o/r#1 is claimed by nobody"],
    ["what is done", judged("Success"), { cause: "Lost" }, "build/O2/o2 of o/r#1 is claimed by nobody"],
  ])("%s", (_, build, why, refused) => {
    const transition = takeBack(build, why, noon);
    if (refused !== undefined) {
      expect(transition).toEqual({ refused });
      return;
    }
    const back = applied(build, transition);
    expect(back.status).toMatchObject({
      phase: "Queued",
      attempt: 1,
      trouble: { reason: "BuilderLost", builder: "o2-0", count: 1 },
    });
    expect(isClaimable(back, noon)).toBe(true);
    expect(finish(back, holder, finding)).toHaveProperty("refused");
  });
});

describe("a holder", () => {
  it("goes on while nothing changed", () => {
    expect(mustStop(running(), holder)).toBeUndefined();
  });

  it.each<[string, (build: Build) => Build | undefined, string]>([
    ["the pull request is gone", () => undefined, "The pull request was closed, merged or is no longer tested here"],
    [
      "the build is being deleted",
      (build) => ({ ...build, metadata: { ...build.metadata, deletionTimestamp: iso(noon) } }),
      "build/O2/o2 of o/r#1 is being deleted",
    ],
    [
      "there is a new commit",
      (build) => ({ ...build, spec: { ...build.spec, commit: sha("f"), request: 2 } }),
      "build/O2/o2 of o/r#1 has a new commit, 0000000000",
    ],
    [
      "a rebuild was asked for",
      (build) => ({ ...build, spec: { ...build.spec, request: 2 } }),
      "A rebuild of build/O2/o2 of o/r#1 was asked for",
    ],
    [
      "it must not be built",
      (build) => ({ ...build, spec: { ...build.spec, blocked: { reason: "Draft", message: "It is a draft" } } }),
      "It is a draft",
    ],
    [
      "its claim was taken back",
      (build) => applied(build, takeBack(build, { cause: "Lost" }, noon)),
      `"o2-0" no longer holds attempt 1 of build/O2/o2 of o/r#1`,
    ],
  ])("must stop when %s", (_, change, because) => {
    expect(mustStop(change(running()), holder)).toBe(because);
    const held = change(claimed());
    if (held !== undefined) expect(start(held, holder)).toHaveProperty("refused");
  });
});

describe("a recheck", () => {
  it("is a build whose result is known", () => {
    expect(isRecheck(aBuild())).toBe(false);
    expect(isRecheck(aBuild({ group: "failed" }))).toBe(true);
    expect(isRecheck(aBuild({ group: "succeeded" }))).toBe(true);
  });

  it("of a running build lets somebody else start at once, but one that has lost two builders may be why, and waits", () => {
    const lose = (build: Build, at: number) => applied(build, takeBack(build, { cause: "Lost" }, at));
    const pauses: number[] = [];
    let build: Build = aBuild();
    for (let now = noon; pauses.length < 4; ) {
      const held = applied(build, claim(build, self, now));
      const { attempt = 0 } = held.status ?? {};
      build = lose(applied(held, start(held, { ...self, attempt })), now);
      const due = Date.parse(build.status?.trouble?.notBefore ?? iso(now));
      pauses.push((due - now) / 60_000);
      now = due;
    }
    expect(pauses).toEqual([0, 2, 4, 8]);
    const claimedAgain = applied(build, claim(build, self, noon + 86_400_000));
    expect(lose(claimedAgain, noon + 86_400_000).status?.trouble?.notBefore).toBeUndefined();
  });
});
