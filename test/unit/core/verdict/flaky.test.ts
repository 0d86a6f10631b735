import { describe, expect, it } from "vitest";
import { resultPageOf } from "../../../../src/core/report/page/page.ts";
import { flakyClauseOf } from "../../../../src/core/verdict/flaky.ts";
import { metrics } from "../../../../src/operator/metrics/table.ts";
import { sha, withVerdict } from "../../../support/objects/build.ts";

const success = withVerdict("Success").status?.verdict;
const failure = withVerdict("Failure").status?.verdict;
const both = withVerdict("Failure", {}, { ...(success && { history: [{ ...success, builder: "o2-1" }] }) });

describe("different verdicts on one commit", () => {
  it("mark the check as flaky, with the builders", () => {
    expect(flakyClauseOf(both)).toMatch(
      /^the check is flaky on this commit: Failure on o2-0 at .*, Success on o2-1 at /,
    );
  });

  it("do not count on different commits, after a withdrawal, or if they agree", () => {
    const old = withVerdict("Failure", {}, { ...(success && { history: [{ ...success, commit: sha(9) }] }) });
    expect(flakyClauseOf(old)).toBeUndefined();
    const opinion = { kind: "Withdrawn", of: "o2-0", attempt: 1 } as const;
    expect(
      flakyClauseOf({
        ...both,
        spec: { ...both.spec, opinion },
        status: {
          ...both.status,
          phase: "Done",
          attempt: 2,
          ...(success && { verdict: { ...success, attempt: 2 } }),
          ...(failure && { history: [failure] }),
        },
      }),
    ).toBeUndefined();
    expect(flakyClauseOf(withVerdict("Failure", {}, { ...(failure && { history: [failure] }) }))).toBeUndefined();
  });

  it("appear on the result page and in a metric", () => {
    const page = resultPageOf({
      ...{ result: "Failure", check: "c", repository: "o/r", number: 1, commit: sha(1), builder: "o2-0" },
      ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:01:00Z", mergeBase: sha(7) },
      flaky: flakyClauseOf(both),
    });
    expect(page).toContain("the check is flaky on this commit");
    expect(page).toContain(sha(7));
    expect(metrics.some(({ name }) => name === "builderpool_flaky_builds")).toBe(true);
  });
});
