import { describe, expect, it } from "vitest";
import type { BuildSpec, Verdict } from "../../../../src/api/objects/build.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { isOpinion } from "../../../../src/core/build/state.ts";
import { aBuild, sha } from "../../../support/objects/build.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { check, named, plan } from "./planned.ts";

const trial = { revision: "r2", phase: "Testing" as const, loudRevisions: ["r1"], agreed: [] };
const poolOn = (canary: object = trial) => ({ ...aPool(), status: { canary: { ...trial, ...canary } } });
const pullRequests = [1, 2].map((number) => aPullRequest({ number }));

const aVerdict = (number: number, more: Partial<Verdict>): Verdict => ({
  ...{ commit: sha(number), request: 1, attempt: 1, builder: "o2-0", revision: "r1", result: "Success" },
  ...{ description: "", silent: false, startedAt: iso(noon), finishedAt: iso(noon), ...more },
});

/** A loud success, and the failure of a canary on the same commit. */
function doubted(number: number, spec: Partial<BuildSpec> = {}, more: Partial<Verdict> = {}): Stored<"Build">[] {
  const own = { number, commit: sha(number), check: check.name, repository: check.repository };
  const loud = named(
    aBuild({ ...own, group: "succeeded", ...spec }, { phase: "Done", attempt: 1, verdict: aVerdict(number, more) }),
  );
  const shadow = { of: loud.metadata.name, pool: "o2", revision: "r2" };
  const failure = aVerdict(number, { revision: "r2", result: "Failure", silent: true, builder: "o2-3" });
  const build = aBuild({ ...own, silent: true, shadow }, { phase: "Done", attempt: 1, verdict: failure });
  return [loud, { ...build, metadata: { ...build.metadata, name: `${loud.metadata.name}-shadow` } }];
}

const requests = (builds: readonly Stored<"Build">[], canary: object = {}) =>
  plan({ pullRequests, builds, pool: poolOn(canary) }).map(({ build }) => build);

describe("a verdict that a canary doubts", () => {
  it("is requested once more, one at a time", () => {
    const builds = [...doubted(1), ...doubted(2)];
    const raised = requests(builds).filter(({ spec }) => spec.request === 2);
    expect(raised.map(({ spec }) => spec.confirm)).toEqual([{ revision: "r2", attempt: 1 }]);
    expect(raised.map(({ spec }) => spec.group)).toEqual(["succeeded"]);
    expect(raised.map(isOpinion)).toEqual([true]);
    const later = builds.map((build) => raised.find(({ metadata }) => metadata.name === build.metadata.name) ?? build);
    expect(requests(later as Stored<"Build">[]).filter(({ spec }) => spec.confirm !== undefined)).toEqual([]);
  });

  it("stays doubted after the confirmation, and asks for nothing more", () => {
    const confirm = { revision: "r2", attempt: 1 };
    const confirmed = doubted(1, { request: 2, confirm }, { request: 2, attempt: 2 });
    const [loud] = confirmed;
    const [written] = requests(confirmed).filter(({ metadata }) => metadata.name === loud?.metadata.name);
    expect(written?.spec).toMatchObject({ request: 2, confirm });
    expect(loud && isOpinion(loud)).toBe(false);
  });

  it("is requested although another pool answered a later request", () => {
    const [raised] = requests(doubted(1, { request: 2, answered: 2 })).filter(({ spec }) => spec.confirm !== undefined);
    expect(raised?.spec).toMatchObject({ request: 3, confirm: { revision: "r2", attempt: 1 } });
  });

  it("is left alone without a trial, after it, and for another revision", () => {
    for (const canary of [{ phase: "Passed" }, { phase: "Disagreed" }, { revision: "r3" }])
      expect(requests(doubted(1), canary).filter(({ spec }) => spec.request > 1)).toEqual([]);
    const kept = doubted(1, { request: 2, confirm: { revision: "r2", attempt: 1 } }, { request: 2, attempt: 2 });
    const [dropped] = requests(kept, { phase: "Passed" }).filter(({ spec }) => spec.number === 1);
    expect(dropped?.spec).toMatchObject({ request: 2 });
    expect(dropped?.spec).not.toHaveProperty("confirm");
  });
});
