import { describe, expect, it } from "vitest";
import type { BuildSpec, Verdict, VerdictResult } from "../../../../src/api/objects/build.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { type Trial, trialsOf } from "../../../../src/core/comparison/trials.ts";
import { aBuild, sha } from "../../../support/objects/build.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const times = { startedAt: iso(noon), finishedAt: iso(noon) };

function aVerdict(result: VerdictResult, attempt: number, more: Partial<Verdict> = {}): Verdict {
  return {
    ...{ commit: sha(1), request: attempt, attempt, builder: "o2-0", revision: "r1" },
    ...{ result, description: "", silent: false, ...times, ...more },
  };
}

function withVerdicts(name: string, spec: Partial<BuildSpec>, verdicts: readonly Verdict[]): Stored<"Build"> {
  const [verdict, ...history] = verdicts;
  const build = aBuild(spec, { phase: "Done", ...(verdict && { verdict }), history: [...history] });
  return { ...build, metadata: { ...build.metadata, name } };
}

const shadowSpec = { silent: true, shadow: { of: "loud", pool: "o2", revision: "r2" } };
const shadowed = (result: VerdictResult, more: Partial<Verdict> = {}) =>
  withVerdicts("loud-shadow", shadowSpec, [aVerdict(result, 1, { revision: "r2", silent: true, ...more })]);
const outcomes = (trials: readonly Trial[]) => trials.map(({ outcome }) => outcome);

/** Verdicts of the loud side, newest first. */
function outcomeOf(canary: VerdictResult, loud: readonly VerdictResult[], spec: Partial<BuildSpec> = {}) {
  const verdicts = loud.map((result, at) => aVerdict(result, loud.length - at));
  return outcomes(trialsOf("o2", [withVerdicts("loud", spec, verdicts), shadowed(canary)])).join();
}

describe("the trial of a revision", () => {
  it.each<[VerdictResult, VerdictResult[], string]>([
    ["Success", ["Success"], "Agrees"],
    ["Failure", ["Failure"], "Agrees"],
    ["Failure", ["DoctorError"], "Agrees"],
    ["Failure", ["Success"], "Differs"],
    ["Success", ["Failure"], "Differs"],
    ["Conflict", ["Success"], "Differs"],
    ["Failure", ["Failure", "Success"], "Flaky"],
    ["Success", ["Failure", "Success"], "Flaky"],
    ["Skipped", ["Skipped"], ""],
    ["Conflict", ["Conflict"], ""],
    ["Success", [], ""],
  ])("with %s beside the loud verdicts %s is: %s", (canary, loud, outcome) => {
    expect(outcomeOf(canary, loud)).toBe(outcome);
  });

  it("is confirmed only by a loud verdict after the doubt", () => {
    const confirm = { revision: "r2", attempt: 2 };
    expect(outcomeOf("Failure", ["Success", "Success"])).toBe("Differs");
    expect(outcomeOf("Failure", ["Success", "Success"], { confirm })).toBe("Differs");
    expect(outcomeOf("Failure", ["Success", "Success", "Success"], { confirm })).toBe("Confirmed");
    expect(outcomeOf("Failure", ["Failure", "Success", "Success"], { confirm })).toBe("Flaky");
    expect(outcomeOf("Failure", ["Success", "Success", "Success"], { confirm: { ...confirm, revision: "r0" } })).toBe(
      "Differs",
    );
  });

  it("counts no difference on a commit that cannot be built again", () => {
    expect(outcomeOf("Failure", ["Success"], { commit: sha(2) })).toBe("");
    const blocked = { reason: "Untrusted", message: "m" } as const;
    expect(outcomeOf("Failure", ["Success"], { blocked })).toBe("");
    expect(outcomeOf("Success", ["Success"], { commit: sha(2) })).toBe("Agrees");
  });

  it("uses published verdicts of other revisions only, and each revision of the shadow", () => {
    const silent = withVerdicts("loud", {}, [aVerdict("Failure", 2, { silent: true }), aVerdict("Success", 1)]);
    expect(outcomes(trialsOf("o2", [silent, shadowed("Success")]))).toEqual(["Agrees"]);
    const same = withVerdicts("loud", {}, [aVerdict("Failure", 2, { revision: "r2" }), aVerdict("Success", 1)]);
    expect(outcomes(trialsOf("o2", [same, shadowed("Success")]))).toEqual(["Agrees"]);
    const twice = withVerdicts("loud-shadow", shadowSpec, [
      aVerdict("Failure", 2, { revision: "r3", silent: true }),
      aVerdict("Success", 1, { revision: "r2", silent: true }),
    ]);
    const loud = withVerdicts("loud", {}, [aVerdict("Success", 1)]);
    expect(trialsOf("o2", [loud, twice]).map(({ revision, outcome }) => `${revision} ${outcome}`)).toEqual([
      "r3 Differs",
      "r2 Agrees",
    ]);
    expect(trialsOf("next", [loud, twice])).toEqual([]);
    expect(trialsOf("o2", [twice])).toEqual([]);
  });
});
