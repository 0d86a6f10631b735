import { describe, expect, it } from "vitest";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import type { BuilderPoolSpec } from "../../../../src/api/objects/pool.ts";
import { isWanted } from "../../../../src/core/build/state.ts";
import type { PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { named, plan, type QueueFields, settled, spec, status } from "./planned.ts";

const minutes = 60_000;

describe("request", () => {
  it("does not change while nothing else changes", () => {
    expect(plan({ pullRequests: [aPullRequest()], builds: [named(aBuild(settled))] })).toEqual([]);
  });

  it("is raised by a push, even while the earlier commit waits or runs", () => {
    const pullRequests = [aPullRequest({ commit: sha("f") })];
    const raised = { commit: sha("f"), request: 2, requestedAt: iso(noon), group: "untested" };
    for (const build of [aBuild(settled), heldBy("o2-0", settled)])
      expect(spec({ pullRequests, builds: [named(build)] })).toMatchObject(raised);
  });

  it("limits the start of waiting to the request time when the commit date is in the future", () => {
    const ahead = aPullRequest({ commit: sha("f"), committedAt: iso(noon + 24 * 60 * minutes) });
    const first = spec({ pullRequests: [ahead] });
    expect(first).toMatchObject({ request: 1, waitingSince: iso(noon) });
    const build = named(aBuild(first));
    expect(plan({ pullRequests: [ahead], builds: [build], now: noon + minutes })).toEqual([]);
    expect(plan({ pullRequests: [ahead], builds: [build], now: noon + 48 * 60 * minutes })).toEqual([]);
  });

  it("is not raised by a push of a commit that GitHub shows as tested", () => {
    const pushed = aPullRequest({ commit: sha("f"), ...status("SUCCESS") });
    expect(spec({ pullRequests: [pushed], builds: [named(withVerdict("Failure", settled))] })).toMatchObject({
      request: 1,
      group: "succeeded",
    });
  });

  it.each([
    ["Success", "succeeded"],
    ["Failure", "failed"],
  ] as const)("answered with %s sets the group %s, even if GitHub still shows an older status", (result, group) => {
    const builds = [named(withVerdict(result, settled))];
    expect(
      spec({ pullRequests: [aPullRequest(status("PENDING", "Started Mon 12:00 CET on o2-0"))], builds }),
    ).toMatchObject({ request: 1, group });
  });

  it("W-11: answered in silent mode is not raised again", () => {
    const silent = withVerdict("Success", settled);
    const verdict = { ...silent.status?.verdict, silent: true };
    const build = { ...silent, status: { ...silent.status, verdict } } as Stored<"Build">;
    const pool = aPool({ silent: true });
    expect(spec({ pool, pullRequests: [aPullRequest()], builds: [named(build)] })).toMatchObject({
      request: 1,
      group: "succeeded",
      silent: true,
    });
  });

  it("answered in silent mode is raised once as soon as nothing is silent, whoever saw silent mode end", () => {
    const verdict = { ...withVerdict("Success").status?.verdict, silent: true };
    const build = (fields: object) =>
      named({
        ...withVerdict("Success", { ...settled, group: "succeeded", ...fields }),
        status: { phase: "Done", attempt: 1, verdict },
      } as Stored<"Build">);
    const pullRequests = [aPullRequest()];
    const loud = plan({ pullRequests, builds: [build({ silent: true })] })[0]?.build;
    expect(loud?.spec).toMatchObject({ request: 2, group: "untested" });
    expect(loud?.spec.silent).toBeUndefined();
    expect(plan({ pullRequests, builds: [loud as Stored<"Build">] })).toEqual([]);
    expect(plan({ pullRequests, builds: [build({})] })[0]?.build.spec).toMatchObject({ request: 2, group: "untested" });
    const quiet = aPool({ silent: true });
    expect(plan({ pullRequests, pool: quiet, builds: [build({ silent: true })] })).toEqual([]);
  });

  it("answered in silent mode is not raised while GitHub shows the verdict of another pool", () => {
    const silent = withVerdict("Success", { ...settled, group: "succeeded" });
    const verdict = { ...silent.status?.verdict, silent: true };
    const build = (status: object) =>
      named({ ...silent, status: { ...silent.status, verdict, ...status } } as Stored<"Build">);
    const shown = (state: "SUCCESS" | "ERROR" | "PENDING") => [aPullRequest(status(state))];
    for (const state of ["SUCCESS", "ERROR"] as const)
      expect(plan({ pullRequests: shown(state), builds: [build({})] })).toEqual([]);
    expect(spec({ pullRequests: shown("PENDING"), builds: [build({})] })).toMatchObject({ request: 2 });
    const own = (state: string) => {
      const reported = { commit: sha(1), request: 0, state, description: "", url: "", at: iso(noon), writes: 1 };
      return plan({ pullRequests: shown("ERROR"), builds: [build({ reported })] });
    };
    // Seen in the soak: this pool had announced the commit, and the other pool gave the verdict.
    expect(own("pending")).toEqual([]);
    expect(own("success")).toEqual([]);
    expect(own("error")[0]?.build.spec).toMatchObject({ request: 2 });
  });

  it("is answered while GitHub shows the verdict of another pool or system, and wanted again after that", () => {
    const elsewhere = [aPullRequest(status("SUCCESS"))];
    const answered = spec({ pullRequests: elsewhere, builds: [named(aBuild({ ...settled, request: 1 }))] });
    expect(answered).toMatchObject({ request: 1, answered: 1, group: "succeeded" });
    const build = named(aBuild(answered));
    expect(isWanted(build)).toBe(false);
    expect(plan({ pullRequests: elsewhere, builds: [build] })).toEqual([]);
    const cleared = spec({ pullRequests: [aPullRequest(status("PENDING"))], builds: [build] });
    expect(cleared).toMatchObject({ request: 2, answered: 1, group: "untested" });
    expect(isWanted(named(aBuild(cleared)))).toBe(true);
  });

  it("stays wanted beside the status of another system while a loud builder builds it", () => {
    const builds = [named(heldBy("o2-0", settled))];
    const { answered } = spec({ pullRequests: [aPullRequest(status("SUCCESS"))], builds }) ?? {};
    expect(answered).toBeUndefined();
  });

  it("of a pool that was silent is answered by the verdict of another pool, also while it is built", () => {
    const pullRequests = [aPullRequest(status("SUCCESS"))];
    const builds = [named(heldBy("o2-0", { ...settled, silent: true }))];
    expect(spec({ pullRequests, builds })).toMatchObject({ request: 1, answered: 1 });
  });

  describe("for a rebuild", () => {
    const reported = {
      commit: sha(1),
      request: 1,
      state: "error" as const,
      description: "",
      url: "https://logs/1",
      at: iso(noon - 1000),
      writes: 2,
    };
    const failed = named(withVerdict("Failure", { ...settled, group: "failed" }, { reported }));
    const rebuild = aPullRequest(status("PENDING", "please"));

    it("is raised once when a person sets the status to pending after our verdict", () => {
      const again = plan({ pullRequests: [rebuild], builds: [failed] })[0];
      expect(again).toMatchObject({ because: "a rebuild was requested on GitHub" });
      expect(again?.build.spec).toMatchObject({ request: 2, group: "untested" });
      expect(plan({ pullRequests: [rebuild], builds: [again?.build as Stored<"Build">] })).toEqual([]);
    });

    it("is raised by a status with the context in other letters", () => {
      const statuses = status("PENDING", "please").statuses.map((one) => ({ ...one, context: "BUILD/o2/O2" }));
      const pullRequest = aPullRequest({ statuses });
      expect(plan({ pullRequests: [pullRequest], builds: [failed] })).toHaveLength(1);
    });

    it.each<[string, Stored<"Build">, PullRequest, number]>([
      ["our own pending status", failed, aPullRequest(status("PENDING", "Started Mon 12:00 CET on o2-0")), noon],
      ["a listing from before GitHub had our verdict", failed, rebuild, noon - 1000],
      ["an unpublished verdict", named(withVerdict("Failure", { ...settled, group: "failed" })), rebuild, noon],
      [
        "a pending status when our last report was pending too",
        named(withVerdict("Failure", { ...settled, group: "failed" }, { reported: { ...reported, state: "pending" } })),
        rebuild,
        noon,
      ],
    ])("is not raised by %s", (_, build, pullRequest, startedAt) => {
      expect(plan({ listing: aListing([pullRequest], { startedAt }), builds: [build] })).toEqual([]);
    });

    it("is raised while a recheck is queued, but not while a recheck runs", () => {
      const queued = { ...failed, spec: { ...failed.spec, request: 2 } };
      expect(spec({ pullRequests: [rebuild], builds: [queued] })).toMatchObject({ request: 3, group: "untested" });

      const claim = { builder: "o2-0", incarnation: "i", attempt: 2, request: 2, commit: sha(1), since: iso(noon) };
      const running = { ...queued, status: { ...queued.status, phase: "Running" as const, attempt: 2, claim } };
      expect(plan({ pullRequests: [rebuild], builds: [running] })).toEqual([]);
    });

    it("is raised also for a commit tested before this pool", () => {
      const old = named(aBuild({ ...settled, request: 0, group: "failed" }));
      expect(spec({ pullRequests: [rebuild], builds: [old] })).toMatchObject({ request: 1, group: "untested" });
    });
  });

  describe("for a recheck", () => {
    const pool = aPool({ recheck: { failedShare: 0.7, maxShare: 0.5, minBackoff: "10m", maxBackoff: "12h" } });
    const due = (build: Stored<"Build">, after: number, fields: QueueFields = {}) =>
      spec({
        pool,
        pullRequests: [aPullRequest()],
        builds: [named(build)],
        rechecks: true,
        now: noon + after,
        ...fields,
      });
    const failed = (rechecks: number) => withVerdict("Failure", { ...settled, group: "failed" }, { rechecks });

    it.each([
      [0, 10],
      [1, 20],
      [3, 80],
      [20, 720],
    ])("after %i rechecks is raised %i minutes after the verdict, or up to a quarter later", (rechecks, pause) => {
      expect(due(failed(rechecks), pause * minutes - 1)).toBeUndefined();
      expect(due(failed(rechecks), pause * 1.25 * minutes)).toMatchObject({ request: 2, group: "failed" });
    });

    it("is not raised when rechecks are off or not allowed, the build is unfinished or blocked", () => {
      const late = 86_400_000;
      expect(due(failed(0), late, { rechecks: false })).toBeUndefined();
      const off: BuilderPoolSpec["recheck"] = { ...pool.spec.recheck, maxShare: 0 };
      expect(due(failed(0), late, { pool: aPool({ recheck: off }) })).toBeUndefined();
      const rebuild = withVerdict("Failure", { ...settled, group: "failed", request: 2 }, failed(0).status);
      expect(due(rebuild, late)).toBeUndefined();
      expect(due(failed(0), late, { pullRequests: [aPullRequest({ isDraft: true })] })?.request).toBe(1);
    });

    it("counts from the creation of the Build for commits tested by others", () => {
      const old = aBuild({ ...settled, request: 0, group: "succeeded" });
      const pullRequests = [aPullRequest(status("SUCCESS"))];
      const created = Date.parse(old.metadata.creationTimestamp);
      expect(due(old, created - noon + 9 * minutes, { pullRequests })).toBeUndefined();
      expect(due(old, created - noon + 13 * minutes, { pullRequests })?.request).toBe(1);
    });
  });
});
