import { describe, expect, it } from "vitest";
import { Build } from "../../../../src/api/objects/build.ts";
import { commitLabel } from "../../../../src/api/objects/group.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { buildNameOf } from "../../../../src/core/build/identity.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { check, named, plan, type QueueFields, settled, spec, status } from "./planned.ts";

describe("new pull request", () => {
  it("creates one Build with a request, owned by the pool", () => {
    const [action, ...others] = plan({ pullRequests: [aPullRequest({ number: 12, title: "x".repeat(400) })] });
    expect(others).toEqual([]);
    expect(action).toMatchObject({ do: "create", because: "it is untested" });
    expect(action?.build.metadata).toEqual({
      name: buildNameOf("o2", check, 12),
      labels: {
        "ci.alice.cern.ch/pool": "o2",
        "ci.alice.cern.ch/check": "build_O2_o2",
        "ci.alice.cern.ch/pull-request": "12",
        "ci.alice.cern.ch/commit": "00000000",
      },
      ownerReferences: [
        { apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "BuilderPool", name: "o2", uid: "uid-o2", controller: true },
      ],
    });
    expect(action?.build.spec).toEqual({
      pool: "o2",
      check: "build/O2/o2",
      repository: "o/r",
      number: 12,
      commit: sha(12),
      base: "master",
      title: "x".repeat(300),
      author: "alice",
      urgent: false,
      waitingSince: "2024-01-01T00:00:00Z",
      group: "untested",
      request: 1,
      requestedAt: iso(noon),
    });
    expect(() => Build.parse(action?.build)).not.toThrow();
    expect(action?.build.metadata.name).toMatch(/^o2-12-[0-9a-f]{10}$/);
  });

  it("requests no build when GitHub shows the commit as tested", () => {
    expect(spec({ pullRequests: [aPullRequest(status("SUCCESS"))] })).toMatchObject({ group: "succeeded", request: 0 });
    expect(spec({ pullRequests: [aPullRequest(status("ERROR"))] })).toMatchObject({ group: "failed", request: 0 });
  });

  it("creates a blocked Build with its reason", () => {
    const draft = spec({ pullRequests: [aPullRequest({ isDraft: true })] });
    expect(draft).toMatchObject({ request: 1, blocked: { reason: "Draft" } });
  });

  it("creates one Build for pull requests with the same head: the lowest number without a block", () => {
    const twins = [3, 2, 1].map((number) => aPullRequest({ number, commit: sha("f"), isDraft: number === 1 }));
    const created = plan({ pullRequests: twins });
    expect(created.map(({ build }) => build.spec.number)).toEqual([2]);
    const known = named(aBuild({ ...settled, number: 3, commit: sha("f") }));
    expect(plan({ pullRequests: twins, builds: [known] })).toEqual([]);
  });

  it("creates one Build per check of the pool, and none for another pool's check", () => {
    const checks = [check, aCheck({ name: "build/O2/fullCI" }), aCheck({ name: "theirs" })];
    const ownerOf = ({ name }: { name: string }) => (name === "theirs" ? "other" : "o2");
    const created = plan({ pullRequests: [aPullRequest()], checks, ownerOf });
    expect(created.map(({ build }) => build.spec.check).sort()).toEqual(["build/O2/fullCI", "build/O2/o2"]);
    expect(new Set(created.map(({ build }) => build.metadata.name)).size).toBe(2);
  });
});

describe("existing Build", () => {
  const build = named(aBuild(settled));

  it("is deleted when the pull request is closed", () => {
    expect(plan({ builds: [build] })).toEqual([
      { do: "delete", build, because: "it is no longer open against master" },
    ]);
  });

  it.each<[string, QueueFields]>([
    ["without a listing", { listing: undefined }],
    ["with an unreadable pull request", { listing: aListing([], { unreadable: [1] }) }],
    [
      "with a listing without the trusted team of the check",
      { checks: [aCheck({ trust: { ...check.trust, team: "experts" } })] },
    ],
    ["with a check of unknown owner", { ownerOf: () => undefined, pullRequests: [aPullRequest()] }],
  ])("stays unchanged %s", (_, fields) => {
    expect(plan({ ...fields, builds: [build] })).toEqual([]);
  });

  it("has the first digits of its commit as a label, which follows a push and reaches Builds without a label", () => {
    const pushed = plan({ pullRequests: [aPullRequest({ commit: "f".repeat(40) })], builds: [build] });
    const { [commitLabel]: _, ...labels } = build.metadata.labels ?? {};
    const before = { ...build, metadata: { ...build.metadata, labels: { ...labels, mine: "kept" } } };
    const found = plan({ pullRequests: [aPullRequest()], builds: [before] });

    expect(pushed.map((action) => action.build.metadata.labels?.[commitLabel])).toEqual(["ffffffff"]);
    expect(found.map((action) => action.build.metadata.labels)).toEqual([
      { ...labels, mine: "kept", [commitLabel]: "00000000" },
    ]);
  });

  it("is deleted when its check was removed from the pool, and other Builds stay", () => {
    const other = named(aBuild({ ...settled, check: "build/old" }));
    const actions = plan({ pullRequests: [aPullRequest()], builds: [build, other] });
    expect(actions).toEqual([
      { do: "delete", build: other, because: "the pool no longer has the check build/old of o/r" },
    ]);
  });

  it("is blocked when its check was removed while it runs or is announced on GitHub, and then deleted", () => {
    const removed = { check: "build/old" };
    const reported = {
      commit: build.spec.commit,
      request: 1,
      state: "pending",
      url: "",
      at: iso(noon),
      writes: 1,
    } as const;
    const reportedAs = (description: string, fields: Partial<typeof removed & { silent: true }> = {}) =>
      named(aBuild({ ...settled, ...removed, ...fields }, { reported: { ...reported, description } }));
    const actionsOf = (one: Stored<"Build">) =>
      plan({ builds: [one] }).map(({ do: verb, build: { spec } }) => [verb, spec.blocked?.reason]);
    expect(actionsOf(named(heldBy("o2-0", { ...settled, ...removed })))).toEqual([["update", "CheckRemoved"]]);
    expect(actionsOf(reportedAs("Started Mon 10:00 CET on o2-0"))).toEqual([["update", "CheckRemoved"]]);
    expect(actionsOf(reportedAs("Not building: this check is no longer asked for"))).toEqual([["delete", undefined]]);
    expect(actionsOf(reportedAs("Started Mon 10:00 CET on o2-0", { silent: true }))).toEqual([["delete", undefined]]);
  });

  it("of a closed pull request stays until its verdict is on GitHub and its build has stopped", () => {
    const tested = withVerdict("Success", settled);
    const actionsOf = (one: Stored<"Build">) =>
      plan({ builds: [one] }).map(({ do: verb, build: { spec } }) => [verb, spec.blocked?.reason]);
    expect(actionsOf(named(tested))).toEqual([["update", "Closed"]]);
    const { commit, request } = build.spec;
    const reportedAs = {
      commit,
      request,
      state: "success",
      description: "",
      url: "",
      at: iso(noon),
      writes: 2,
    } as const;
    expect(actionsOf(named(withVerdict("Success", settled, { reported: reportedAs })))).toEqual([
      ["delete", undefined],
    ]);
    expect(actionsOf(named(heldBy("o2-0", settled)))).toEqual([["update", "Closed"]]);
  });

  it("of a closed pull request is deleted at once when an open one has the same head", () => {
    const { commit, request } = build.spec;
    const description = "Started Mon 10:00 CET on o2-0";
    const reportedAs = { commit, request, state: "pending", description, url: "", at: iso(noon), writes: 1 } as const;
    const announced = named(heldBy("o2-0", settled, { reported: reportedAs }));
    const actionsOf = (builds: readonly Stored<"Build">[], isDraft = false) =>
      plan({ builds, pullRequests: [aPullRequest({ number: 2, commit, isDraft })] }).map(
        ({ do: verb, build: { spec } }) => [verb, spec.number, spec.blocked?.reason],
      );
    expect(actionsOf([announced])).toEqual([
      ["delete", 1, undefined],
      ["create", 2, undefined],
    ]);
    // A draft is not built, so only this Build can withdraw its announcement.
    expect(actionsOf([announced], true)).toContainEqual(["update", 1, "Closed"]);
    expect(actionsOf([named(withVerdict("Success", settled))])).toContainEqual(["update", 1, "Closed"]);
  });

  it("that runs in a deleted pool may finish", () => {
    const pool = { ...aPool(), metadata: { ...aPool().metadata, deletionTimestamp: iso(noon) } };
    expect(plan({ pool, builds: [named(heldBy("o2-0", settled))] })).toEqual([]);
  });

  it.each<[string, QueueFields, string, string]>([
    [
      "with a broken check definition",
      { checks: [], broken: [{ name: check.name, message: "check build/O2/o2 has no repository" }] },
      "DefinitionError",
      "check build/O2/o2 has no repository",
    ],
    [
      "with a check of another pool",
      { ownerOf: () => "first" },
      "OwnedByAnotherPool",
      'build/O2/o2 of o/r belongs to the pool "first", which defined it first',
    ],
    [
      "of a pool that is being deleted",
      { pool: { ...aPool(), metadata: { ...aPool().metadata, deletionTimestamp: iso(noon) } } },
      "PoolDeleted",
      'The pool "o2" is being deleted',
    ],
  ])("%s is blocked, and unblocked afterwards", (_, fields, reason, message) => {
    const pullRequests = [aPullRequest()];
    const [action] = plan({ pullRequests, ...fields, builds: [build] });
    expect(action?.do).toBe("update");
    expect(action?.build.spec).toEqual({ ...build.spec, blocked: { reason, message } });
    const blocked = action?.build as Stored<"Build">;
    expect(plan({ pullRequests, ...fields, builds: [blocked] })).toEqual([]);
    expect(spec({ pullRequests, builds: [blocked] })).toEqual(build.spec);
  });

  it("follows its pull request to another base branch with the check", () => {
    const dev = aCheck({ branch: "dev" });
    const listing = aListing([aPullRequest()], { branch: "dev" });
    const [action] = plan({ checks: [dev], listing, builds: [build] });
    expect(action?.do).toBe("update");
    expect(action?.build.spec).toMatchObject({ base: "dev", request: 1 });
  });

  it("that is being deleted stays unchanged", () => {
    const leaving = { ...build, metadata: { ...build.metadata, deletionTimestamp: iso(noon) } };
    expect(plan({ builds: [leaving] })).toEqual([]);
    expect(plan({ builds: [leaving], pullRequests: [aPullRequest({ commit: sha("f") })] })).toEqual([]);
  });
});
