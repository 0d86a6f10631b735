import { describe, expect, it } from "vitest";
import type { Build, BuildStatus } from "../../../src/api/build.ts";
import { planReport, type ReportFacts } from "../../../src/core/report/plan.ts";
import { recordComment, recordStatus } from "../../../src/core/report/record.ts";
import {
  aBuild,
  aReport,
  aVerdict,
  commitA,
  commitB,
  facts,
  link,
  monday,
  published,
  running,
} from "../../support/objects/reportedBuild.ts";

const status = (build: Build, change: Partial<ReportFacts> = {}) => planReport(build, facts(change)).status;
const minute = 60_000;
const trouble = {
  reason: "FetchFailed",
  message: "m",
  builder: "o2-3",
  count: 1,
  request: 1,
  at: monday,
} as const satisfies NonNullable<BuildStatus["trouble"]>;

describe("the report of an untested commit", () => {
  it("W-15: is nothing while it waits or is only claimed", () => {
    expect(planReport(aBuild(), facts())).toEqual({});
    expect(planReport(aBuild({}, running({ phase: "Claimed" })), facts())).toEqual({});
  });

  it("is pending, with the time and the builder, once it runs", () => {
    expect(status(aBuild({}, running()))).toEqual({
      state: "pending",
      description: "Started Mon 19:12 CET on o2-3",
      url: "",
      commit: commitA,
      request: 1,
    });
  });

  it("is written once, although another builder takes over", () => {
    expect(status(aBuild({}, running({ reported: aReport() }, { builder: "o2-9", attempt: 2 })))).toBeUndefined();
  });

  it("is not about a claim of an earlier commit or request", () => {
    expect(status(aBuild({ commit: commitB }, running()))).toBeUndefined();
    expect(status(aBuild({ request: 2 }, running()))).toBeUndefined();
  });

  it("is written again for a rebuild that somebody asked for", () => {
    const asked = running({ reported: published("success"), verdict: aVerdict() }, { request: 2 });
    expect(status(aBuild({ request: 2 }, asked))?.description).toBe("Started Mon 19:12 CET on o2-3");
  });

  it("is the verdict alone when the build ended before its start was reported", () => {
    const build = aBuild({}, { phase: "Done", verdict: aVerdict() });
    expect(status(build)).toEqual({ state: "success", description: "", url: link, commit: commitA, request: 1 });
  });

  it("says once for each request that an attempt failed through no fault of the pull request", () => {
    const queued = aBuild({}, { trouble, reported: aReport() });
    expect(status(queued)).toMatchObject({
      state: "pending",
      description: "Retrying, not the pull request's fault: a repository could not be fetched on o2-3",
    });
    const again = { ...trouble, reason: "DiskFull", builder: "o2-4", count: 2 } as const;
    const said = aReport({ description: "Retrying, not the pull request's fault: x on o2-3" });
    expect(status(aBuild({}, { trouble: again, reported: said }))).toBeUndefined();
    expect(status(aBuild({}, running({ trouble: again, reported: said })))).toBeUndefined();
  });

  it.each(["Drained", "Superseded", "Preempted"] as const)("does not mention that it was put back: %s", (reason) => {
    expect(status(aBuild({}, { trouble: { ...trouble, reason }, reported: aReport() }))).toBeUndefined();
  });
});

describe("the report of a recheck", () => {
  const failed = { reported: published("error"), verdict: aVerdict({ result: "Failure" }) };

  it("of a failed commit stays red, keeps the link and says since when", () => {
    expect(status(aBuild({ group: "failed", request: 2 }, running(failed, { request: 2 })))).toEqual({
      state: "error",
      description: "Rechecking since Mon 19:12 CET on o2-3",
      url: link,
      commit: commitA,
      request: 2,
    });
  });

  it("of a succeeded commit is nothing", () => {
    const succeeded = { reported: published("success"), verdict: aVerdict() };
    expect(status(aBuild({ group: "succeeded", request: 2 }, running(succeeded, { request: 2 })))).toBeUndefined();
  });

  it("is nothing while the red status was written by somebody else, whose link would be lost", () => {
    expect(status(aBuild({ group: "failed", request: 1 }, running()))).toBeUndefined();
  });

  it("ends in the verdict, also when that is the same again", () => {
    const reported = published("error", { request: 2, description: "Rechecking since Mon 19:12 CET on o2-3" });
    const verdict = aVerdict({ result: "Failure", request: 2 });
    const build = aBuild({ group: "failed", request: 2 }, { phase: "Done", verdict, reported });
    expect(status(build)).toMatchObject({ state: "error", description: "", url: link, request: 2 });
  });

  it("ends in the verdict even if GitHub should have that, since somebody may have cleared it", () => {
    const verdict = aVerdict({ request: 2 });
    expect(status(aBuild({ request: 2 }, { phase: "Done", verdict, reported: published("success") }))).toBeDefined();
  });

  it("W-4: is not announced when GitHub has taken 900 statuses, so that verdicts still find room", () => {
    const many = { ...failed, reported: published("error", { writes: 900 }) };
    expect(status(aBuild({ group: "failed", request: 2 }, running(many, { request: 2 })))).toBeUndefined();
    const verdict = aVerdict({ request: 2 });
    expect(status(aBuild({ request: 2 }, { phase: "Done", verdict, reported: many.reported }))).toBeDefined();
  });
});

describe("the report of a verdict", () => {
  it.each([
    ["Failure", "error", ""],
    ["Conflict", "error", "Please resolve merge conflicts"],
    ["TooBig", "error", "PR too big. Rejecting."],
    ["Skipped", "success", "skipped; no relevant changes"],
    ["DoctorError", "error", "aliBuild doctor error"],
  ] as const)("%s is %s, %j", (result, state, description) => {
    const build = aBuild({}, { phase: "Done", verdict: aVerdict({ result }), reported: aReport() });
    expect(status(build)).toMatchObject({ state, description, url: link });
  });

  it("goes to the commit it is about, before anything is said about the commit that was pushed since", () => {
    const build = aBuild(
      { commit: commitB, request: 2 },
      {
        ...running({}, { commit: commitB, request: 2 }),
        verdict: aVerdict(),
        reported: aReport(),
      },
    );
    expect(status(build)).toMatchObject({ commit: commitA, state: "success" });
    const then = aBuild(build.spec, { ...build.status, reported: published("success") });
    expect(status(then)).toMatchObject({ commit: commitB, state: "pending" });
    const now = aBuild(build.spec, { ...build.status, reported: aReport({ commit: commitB, request: 2 }) });
    expect(planReport(now, facts())).toEqual({});
  });

  it("is not lost when the next one comes before GitHub had it", () => {
    const build = aBuild(
      { commit: commitB, request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ commit: commitB, request: 2 }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(status(build)).toMatchObject({ commit: commitA, state: "error" });
    const then = aBuild(build.spec, { ...build.status, reported: published("error", { writes: 1 }) });
    expect(status(then)).toMatchObject({ commit: commitB, state: "success" });
  });

  it("is the newest of those on one commit", () => {
    const build = aBuild(
      { request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ request: 2 }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(status(build)).toMatchObject({ request: 2, state: "success" });
  });

  it("that was given aloud is not hidden by a later one given in silence", () => {
    const build = aBuild(
      { request: 2 },
      {
        phase: "Done",
        verdict: aVerdict({ request: 2, silent: true }),
        history: [aVerdict({ result: "Failure" })],
      },
    );
    expect(status(build)).toMatchObject({ request: 1, state: "error" });
  });

  it("waits ten minutes for its log, then is posted with the link it will have", () => {
    const verdict = aVerdict({ log: { path: "p", url: link, stored: false } });
    const build = aBuild({}, { phase: "Done", verdict });
    expect(planReport(build, facts())).toEqual({ wait: 10 * minute });
    expect(planReport(build, facts({ logWaited: 9 * minute }))).toEqual({ wait: minute });
    expect(status(build, { logWaited: 10 * minute })).toMatchObject({ state: "success", url: link });
  });

  it("is not tried again when GitHub refused it for good", () => {
    const before = aBuild({}, { phase: "Done", verdict: aVerdict(), reported: aReport() });
    const planned = status(before);
    const reported =
      planned && recordStatus(before.status?.reported, planned, { written: false, refused: "no such commit" }, monday);
    expect(reported).toMatchObject({ refused: "no such commit", writes: 1 });
    expect(planReport(aBuild({}, { ...before.status, ...(reported && { reported }) }), facts())).toEqual({});
  });
});

describe("the comment", () => {
  const failed = { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x: error: y" }) } as const;
  const comment = (build: Build, comments = true) =>
    planReport(build, facts({ wantsComments: () => comments })).comment;

  it("goes with the status of a failed build, where the check wants comments", () => {
    expect(comment(aBuild({}, failed))?.body).toContain("x: error: y");
    expect(comment(aBuild({}, failed), false)).toBeUndefined();
    expect(comment(aBuild({}, { ...failed, verdict: aVerdict() }))).toBeUndefined();
  });

  it("is tried again alone when GitHub has the status already", () => {
    const plan = planReport(
      aBuild({}, { ...failed, reported: published("error") }),
      facts({ wantsComments: () => true }),
    );
    expect(Object.keys(plan)).toEqual(["comment"]);
  });

  it("is rewritten when the errors are others, not when only the time is", () => {
    const first = comment(aBuild({}, failed));
    const reported = first && recordComment(published("error"), first, { written: true });
    const rebuilt = (excerpt: string) =>
      aBuild(
        { group: "failed", request: 2 },
        {
          phase: "Done",
          verdict: aVerdict({ result: "Failure", request: 2, excerpt, finishedAt: "2026-11-24T10:00:00.000Z" }),
          ...(reported && { reported }),
        },
      );
    expect(comment(rebuilt("x: error: y"))).toBeUndefined();
    expect(comment(rebuilt("x: error: z"))?.body).toContain("x: error: z");
  });

  it("W-8: about an excess of size comes only where comments are wanted", () => {
    const big = { ...failed, verdict: aVerdict({ result: "TooBig" }) };
    expect(comment(aBuild({}, big))?.body).toContain("exceeded the allowed size");
    expect(comment(aBuild({}, big), false)).toBeUndefined();
  });

  it("is not for a commit that has a successor on GitHub already", () => {
    const reported = aReport({ commit: commitB, request: 2 });
    expect(comment(aBuild({ commit: commitB, request: 2 }, { ...failed, reported }))).toBeUndefined();
  });
});

describe("what must not be built", () => {
  const blocked = (reason: "Untrusted" | "Draft" | "PoolDeleted" | "OwnedByAnotherPool") => ({
    blocked: { reason, message: "m" },
  });

  it("P-11: asks for approval once for an untested commit of a stranger", () => {
    const untrusted = aBuild({ ...blocked("Untrusted"), request: 0 });
    expect(status(untrusted)).toMatchObject({
      state: "pending",
      description: "Security: approval needed, not starting",
      url: "",
    });
    const planned = status(untrusted);
    const reported = planned && recordStatus(undefined, planned, { written: false }, monday);
    expect(status(aBuild(untrusted.spec, { ...(reported && { reported }) }))).toBeUndefined();
  });

  it.each(["failed", "succeeded"] as const)("W-7: leaves a commit alone that GitHub shows as %s", (group) => {
    expect(status(aBuild({ ...blocked("Untrusted"), group }))).toBeUndefined();
  });

  it("leaves a verdict alone that the lister has not seen yet", () => {
    const done = { phase: "Done", verdict: aVerdict(), reported: published("success") } as const;
    expect(status(aBuild(blocked("Untrusted"), done))).toBeUndefined();
  });

  it.each(["Draft", "PoolDeleted", "OwnedByAnotherPool"] as const)("says nothing about %s", (reason) => {
    expect(status(aBuild(blocked(reason)))).toBeUndefined();
  });

  it("is announced once more when it was approved", () => {
    const reported = aReport({ description: "Security: approval needed, not starting" });
    expect(status(aBuild({}, running({ reported })))?.description).toMatch(/^Started /);
  });

  it.each([
    ["Draft", "Not building: the pull request is a draft"],
    ["PoolDeleted", "Not building: the builders of this check are gone"],
  ] as const)("W-15: is called off when it had been announced: %s", (reason, description) => {
    const build = aBuild(blocked(reason), { reported: aReport() });
    expect(status(build)).toMatchObject({ state: "pending", description });
    expect(status(aBuild(blocked(reason), running({ reported: aReport() })))).toBeUndefined();
    const planned = status(build);
    const reported = planned && recordStatus(aReport(), planned, { written: true }, monday);
    expect(status(aBuild(blocked(reason), { ...(reported && { reported }) }))).toBeUndefined();
  });

  it("gets its verdict back when a recheck had been announced", () => {
    const verdict = aVerdict({ result: "Conflict" });
    const reported = published("error", { request: 2, description: "Rechecking since Mon 19:12 CET on o2-3" });
    const build = aBuild(
      { ...blocked("PoolDeleted"), group: "failed", request: 2 },
      { phase: "Queued", verdict, reported },
    );
    expect(status(build)).toMatchObject({ state: "error", description: "Please resolve merge conflicts", url: link });
  });
});

describe("silence", () => {
  const everything: readonly Build[] = [
    aBuild({}, running()),
    aBuild({}, { phase: "Done", verdict: aVerdict({ result: "Failure", excerpt: "x" }) }),
    aBuild({ blocked: { reason: "Untrusted", message: "m" } }),
    aBuild({}, { trouble, reported: aReport() }),
  ];

  it("W-22: of pool or check publishes nothing on any path", () => {
    for (const build of everything)
      expect(planReport(build, facts({ silent: true, wantsComments: () => true }))).toEqual({});
  });

  it("of a builder announces nothing, and its verdicts are not published", () => {
    const quiet = { isSilentBuilder: (name: string) => name === "o2-3" };
    expect(status(aBuild({}, running()), quiet)).toBeUndefined();
    expect(status(aBuild({}, { trouble, reported: aReport() }), quiet)).toBeUndefined();
    expect(status(aBuild({}, { phase: "Done", verdict: aVerdict({ silent: true }) }))).toBeUndefined();
    expect(status(aBuild({}, running({}, { builder: "o2-4" })), quiet)).toBeDefined();
  });
});
