import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Build, BuildStatus, Reported, Verdict } from "../../src/api/objects/build.ts";
import { blockedReasons, infrastructureReasons } from "../../src/api/objects/reasons.ts";
import { wordsOf } from "../../src/api/values/vocabulary.ts";
import { planReport, type ReportFacts } from "../../src/core/report/post/plan.ts";
import { recordComment, recordStatus } from "../../src/core/report/post/record.ts";
import { aBuild, aClaim, aVerdict, commitA, commitB, facts, monday } from "../support/objects/reportedBuild.ts";

const commit = fc.constantFrom(commitA, commitB);
const request = fc.integer({ min: 0, max: 3 });
const result = fc.constantFrom("Success", "Failure", "Conflict", "TooBig", "Skipped", "DoctorError" as const);
const verdict: fc.Arbitrary<Verdict> = fc
  .record({ commit, request, result, silent: fc.boolean(), excerpt: fc.constantFrom("x: error: 1", "x: error: 2") })
  .map((change) => aVerdict(change as Partial<Verdict>));
const text = fc.constantFrom(
  { state: "success", description: "" },
  { state: "error", description: "" },
  { state: "error", description: "Rechecking since Mon 19:12 CET on b" },
  { state: "pending", description: "Started Mon 19:12 CET on b" },
  { state: "pending", description: "Security: approval needed, not starting" },
  { state: "pending", description: "Not building: the pull request is a draft" },
);
const reported: fc.Arbitrary<Reported> = fc
  .record({
    commit,
    request,
    text,
    url: fc.constantFrom("", "https://logs.example/pretty.html"),
    writes: fc.constantFrom(0, 2, 899, 900, 1000),
  })
  .map(({ text, ...rest }) => ({ ...rest, ...text, at: monday }) as Reported);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const present = (record: object) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

/** At most one verdict per request, as the claim rules guarantee. */
function newestFirst(verdicts: readonly Verdict[]): readonly Verdict[] {
  const byRequest = new Map(verdicts.map((one) => [one.request, one]));
  return [...byRequest.values()].sort((a, b) => b.request - a.request);
}

const build: fc.Arbitrary<Build> = fc
  .record({
    spec: fc.record({
      commit,
      request,
      group: fc.constantFrom("untested", "failed", "succeeded"),
      blocked: optional(fc.record({ reason: fc.constantFrom(...wordsOf(blockedReasons)), message: fc.constant("m") })),
    }),
    status: fc.record({
      phase: fc.constantFrom("Queued", "Claimed", "Running", "Done"),
      verdicts: fc.array(verdict, { maxLength: 4 }),
      reported: optional(reported),
      claim: optional(fc.record({ commit, request }).map(aClaim)),
      trouble: optional(
        fc.record({
          reason: fc.constantFrom(...wordsOf(infrastructureReasons)),
          request,
          message: fc.constant("m"),
          builder: fc.constantFrom("loud", "quiet"),
          count: fc.constant(1),
          at: fc.constant(monday),
        }),
      ),
    }),
  })
  .map(({ spec, status: { verdicts, ...status } }) => {
    const [last, ...history] = newestFirst(verdicts);
    const request = Math.max(spec.request, last?.request ?? 0, status.reported?.request ?? 0);
    return aBuild(present({ ...spec, request }), { attempt: 1, ...present({ ...status, verdict: last, history }) });
  });
const knownFacts = fc
  .record({ comments: fc.boolean(), silent: fc.boolean() })
  .map(({ comments, silent }) =>
    facts({ silent, wantsComments: () => comments, isSilentBuilder: (name) => name === "quiet" }),
  );

/** One pass of the reporter with a GitHub that accepts every write. */
function reportOnce(before: Build, known: ReportFacts): Build {
  const { status, comment } = planReport(before, known);
  let report = before.status?.reported;
  if (status !== undefined) report = recordStatus(report, status, { written: true }, monday);
  if (comment !== undefined) report = recordComment(report, comment, { written: true });
  return { ...before, status: { phase: "Queued", attempt: 0, ...before.status, ...(report && { reported: report }) } };
}

/**
 * A scenario of one untested commit. Builder and operator take their steps in any sequence that the claim rules allow.
 */
type Step = "start" | "requeue" | "finish" | "report" | "report";

function outcomeOf(steps: readonly Step[]): { readonly writes: number; readonly isReported: boolean } {
  let now = aBuild();
  const change = (status: Partial<BuildStatus>) => {
    now = { ...now, status: { attempt: 0, phase: "Queued", ...now.status, ...status } };
  };
  for (const step of [...steps, "start", "finish", "report"] as const) {
    const phase = now.status?.phase ?? "Queued";
    if (step === "report") now = reportOnce(now, facts());
    else if (step === "start" && phase === "Queued") change({ phase: "Running", claim: aClaim() });
    else if (step === "requeue" && phase === "Running") {
      const { claim: _, ...status } = now.status ?? { phase: "Queued", attempt: 0 };
      now = { ...now, status: { ...status, phase: "Queued" } };
    } else if (step === "finish" && phase === "Running") {
      const { claim: _, ...status } = now.status ?? { phase: "Queued", attempt: 0 };
      now = { ...now, status: { ...status, phase: "Done", verdict: aVerdict() } };
    }
  }
  return { writes: now.status?.reported?.writes ?? 0, isReported: now.status?.reported?.state === "success" };
}

describe("planReport", () => {
  it("converges: an applied plan is not repeated", () => {
    fc.assert(
      fc.property(build, knownFacts, (start, known) => {
        let now = start;
        for (let passes = 0; passes < 7; passes += 1) now = reportOnce(now, known);
        expect(planReport(now, known)).toEqual({});
      }),
      { numRuns: 1000 },
    );
  });

  it("is empty in silent mode for any Build", () => {
    fc.assert(
      fc.property(build, knownFacts, (start, known) => {
        expect(planReport(start, { ...known, silent: true })).toEqual({});
      }),
      { numRuns: 1000 },
    );
  });

  it("publishes no silent verdict", () => {
    fc.assert(
      fc.property(build, knownFacts, (start, known) => {
        const { verdict: last, history = [] } = start.status ?? {};
        const silenced = { ...start.status, history: history.map((one) => ({ ...one, silent: true })) };
        const silent = aBuild(start.spec, { ...silenced, ...(last && { verdict: { ...last, silent: true } }) });
        const { status, comment } = planReport(silent, known);
        expect(comment).toBeUndefined();
        expect(status?.state).not.toBe("success");
        const isRestored = start.status?.reported?.description.startsWith("Rechecking") === true;
        if (!isRestored) expect(status?.description).not.toBe("");
      }),
      { numRuns: 1000 },
    );
  });

  it("announces nothing after 900 statuses on a commit", () => {
    fc.assert(
      fc.property(build, knownFacts, (start, known) => {
        const { status } = planReport(start, known);
        const { reported: before } = start.status ?? {};
        if (status === undefined || before?.commit !== status.commit || before.writes < 900) return;
        expect(status.description).not.toMatch(/^(Started|Rechecking|Retrying|Security)/);
      }),
      { numRuns: 1000 },
    );
  });

  it("writes at most two statuses for an untested commit, including its verdict", () => {
    const step = fc.constantFrom<Step>("start", "requeue", "finish", "report", "report");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { writes, isReported } = outcomeOf(steps);
        expect(isReported).toBe(true);
        expect(writes).toBeLessThanOrEqual(2);
      }),
      { numRuns: 1000 },
    );
  });
});
