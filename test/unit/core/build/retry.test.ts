import { describe, expect, it } from "vitest";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { claim, release, takeBack } from "../../../../src/core/build/claim.ts";
import { retryHoldOf } from "../../../../src/core/build/retry.ts";
import { claimableIn } from "../../../../src/core/build/state.ts";
import { explainBuild } from "../../../../src/core/queue/explain.ts";
import { requestBuild } from "../../../../src/core/queue/request.ts";
import { aBuild, sha, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { applied, holderIn, holderOf, running } from "../../../support/objects/inHands.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";

const minute = 60_000;
const hour = 60 * minute;
const failure = { message: "m", ran: true };
const log = { path: "o/r/1/pretty.html", url: "https://logs.example/o/r/1/pretty.html", stored: true };

/** The builder after a verdict on another pull request. */
const worked = (name: string, at: number): Builder =>
  aBuilder(name, { lastVerdict: { build: "o2-9", check: "c", number: 9, result: "Success", at: iso(at) } });

/** The Build after it ended with this reason on the builders, an hour apart. All of them built something in between. */
function brokenOn(
  names: readonly string[],
  reason: "OutOfMemory" | "DiskFull" | "FetchFailed" | "BaseBroken" = "OutOfMemory",
) {
  return names.reduce<Stored<"Build">>((build, name, n) => {
    const now = noon + n * hour;
    const held = running(build, name, now);
    const pool = builders(4).map((one, index) => (index < n ? worked(one.metadata.name, now) : one));
    const end = release(held, holderIn(held), { ...failure, reason, now: now + 1, builders: pool, log });
    return applied(held, end);
  }, aBuild());
}

describe("the third same failure on healthy builders", () => {
  it("is a verdict with the reason and the log", () => {
    const { status } = brokenOn(["o2-0", "o2-1", "o2-2"]);
    expect(status).toMatchObject({
      phase: "Done",
      verdict: {
        result: "Failure",
        cause: "OutOfMemory",
        builder: "o2-2",
        description: "Gave up after 3 attempts on 3 builders: the build ran out of memory",
        log,
      },
    });
    expect(status?.claim).toBeUndefined();
  });

  it("is a verdict for a base that fails only in this build", () => {
    expect(brokenOn(["o2-0", "o2-1", "o2-2"], "BaseBroken").status?.verdict).toMatchObject({
      result: "Failure",
      description: "Gave up after 3 attempts on 3 builders: the base branch fails only in this build",
    });
  });

  it("is none before the third builder, and none for a failure of the network", () => {
    expect(brokenOn(["o2-0", "o2-1"]).status).toMatchObject({ phase: "Queued", trouble: { count: 2 } });
    const fetches = brokenOn(["o2-0", "o2-1", "o2-2", "o2-3"], "FetchFailed").status;
    expect(fetches).toMatchObject({ phase: "Queued", trouble: { count: 4 } });
    expect(fetches?.trouble?.brokenBuilders).toBeUndefined();
  });

  it("is a verdict of the operator if the third builder died", () => {
    const pool = (n: number) => builders(4).map((one, at) => (at < n ? worked(one.metadata.name, noon + n) : one));
    const build = ["o2-0", "o2-1", "o2-2"].reduce<Stored<"Build">>((before, name, n) => {
      const held = running(before, name, noon + n * hour);
      return applied(held, takeBack(held, { cause: "Lost" }, noon + n * hour + 1, pool(n)));
    }, aBuild());
    expect(build.status?.verdict).toMatchObject({ cause: "BuilderLost", builder: "o2-2", result: "Failure" });
  });

  it("leads to no recheck", () => {
    const broken = brokenOn(["o2-0", "o2-1", "o2-2"]);
    const pullRequest = aPullRequest({ number: 1, commit: sha(1) });
    const item = { pool: aPool(), check: aCheck({ name: "build/O2/o2" }), pullRequest, rechecks: true };
    const request = (build: Stored<"Build">) =>
      requestBuild({ ...item, listing: aListing([pullRequest]), build }, noon + 100 * 24 * hour).spec.request;
    expect(request(broken)).toBe(1);
    expect(request(withVerdict("Failure"))).toBe(2);
  });
});

describe("a build that broke a builder", () => {
  it("does not count a failure before code of the pull request ran", () => {
    const held = running();
    const end = release(held, holderIn(held), { ...failure, ran: false, reason: "CellDied", now: noon });
    expect(applied(held, end).status.trouble?.brokenBuilders).toBeUndefined();
  });

  it("may not be claimed by a fourth builder", () => {
    const { status } = brokenOn(["o2-0", "o2-1"]);
    const trouble = status?.trouble;
    if (trouble === undefined) throw new Error("no trouble");
    const third = { builder: "o2-2", request: 1, reason: "DiskFull" as const, times: 1, counted: 1, at: iso(noon) };
    const brokenBuilders = [...(trouble.brokenBuilders ?? []), third];
    const build = aBuild({}, { trouble: { ...trouble, brokenBuilders } });
    expect(claim(build, holderOf("o2-3"), noon + 9 * hour)).toEqual({
      refused: "build/O2/o2 of o/r#1 has broken enough builders",
    });
    expect(claim(build, holderOf("o2-2"), noon + 9 * hour)).toHaveProperty("status");
  });

  it("waits for the broken builder: its verdict on another pull request, or 30 minutes", () => {
    const build = brokenOn(["o2-0"], "DiskFull");
    const holdOf = (self: string, pool: readonly Builder[], now: number) =>
      retryHoldOf(build, { self, builders: pool, isShared: true, patience: 0, now });
    expect(holdOf("o2-1", builders(3), noon + 60_000)).toBeGreaterThan(28 * 60_000);
    expect(holdOf("o2-1", builders(3), noon + 31 * 60_000)).toBe(0);
    expect(holdOf("o2-1", [worked("o2-0", noon + 2), ...builders(3).slice(1)], noon + 60_000)).toBe(0);
    expect(holdOf("o2-0", builders(3), noon + 60_000)).toBe(0);
  });

  it("waits for the broken builder after a push that stops its next attempt, and counts no failure", () => {
    const held = running(brokenOn(["o2-0"], "DiskFull"), "o2-0", noon + 2 * minute);
    const pushed = { ...held, spec: { ...held.spec, commit: sha("f"), request: 2 } };
    const stop = { ...failure, reason: "Superseded", now: noon + 3 * minute } as const;
    const build = applied(pushed, release(pushed, holderIn(pushed), stop));
    expect(build.status.trouble).toMatchObject({ count: 0, brokenBuilders: held.status.trouble?.brokenBuilders });
    const candidate = { builders: builders(3), isShared: true, patience: 0, now: noon + 3 * minute };
    expect(retryHoldOf(build, { ...candidate, self: "o2-1" })).toBeGreaterThan(26 * minute);
    expect(retryHoldOf(build, { ...candidate, self: "o2-0" })).toBe(0);
    expect(claimableIn(build, noon + 3 * minute)).toBe(0);
  });

  it("explains that it waits for the broken builder", () => {
    const build = brokenOn(["o2-0"]);
    const context = {
      builders: builders(2),
      builds: [],
      partition: { strategy: "Affinity", patience: "10m" },
    } as const;
    expect(explainBuild(build, { ...context, now: noon + 300_000 })).toContain(
      'waits until "o2-0" has built something else, at most 25m',
    );
    const recovered = { ...context, builders: [worked("o2-0", noon + 200_000), aBuilder("o2-1")] };
    expect(explainBuild(build, { ...recovered, now: noon + 300_000 })).not.toContain("something else");
  });
});
