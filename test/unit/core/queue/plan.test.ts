import { describe, expect, it } from "vitest";
import { Build } from "../../../../src/api/objects/build.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { buildNameOf } from "../../../../src/core/build/identity.ts";
import { aBuild, heldBy, judged, sha } from "../../../support/objects/build.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { iso, noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { check, named, plan, type Says, settled, spec, status } from "./planned.ts";

describe("the first sight of a pull request", () => {
  it("creates one Build, owned by the pool, that asks for a build", () => {
    const [action, ...others] = plan({ pullRequests: [aPullRequest({ number: 12, title: "x".repeat(400) })] });
    expect(others).toEqual([]);
    expect(action).toMatchObject({ do: "create", because: "it is untested" });
    expect(action?.build.metadata).toEqual({
      name: buildNameOf("o2", check, 12),
      labels: {
        "ci.alice.cern.ch/pool": "o2",
        "ci.alice.cern.ch/check": "build_O2_o2",
        "ci.alice.cern.ch/pull-request": "12",
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

  it("asks for nothing when GitHub shows it as tested", () => {
    expect(spec({ pullRequests: [aPullRequest(status("SUCCESS"))] })).toMatchObject({ group: "succeeded", request: 0 });
    expect(spec({ pullRequests: [aPullRequest(status("ERROR"))] })).toMatchObject({ group: "failed", request: 0 });
  });

  it("keeps a blocked one in the queue with its reason", () => {
    const draft = spec({ pullRequests: [aPullRequest({ isDraft: true })] });
    expect(draft).toMatchObject({ request: 1, blocked: { reason: "Draft" } });
  });

  it("makes one Build for pull requests with the same head: of one that may be built, with the lowest number", () => {
    const twins = [3, 2, 1].map((number) => aPullRequest({ number, commit: sha("f"), isDraft: number === 1 }));
    const created = plan({ pullRequests: twins });
    expect(created.map(({ build }) => build.spec.number)).toEqual([2]);
    const known = named(aBuild({ ...settled, number: 3, commit: sha("f") }));
    expect(plan({ pullRequests: twins, builds: [known] })).toEqual([]);
  });

  it("gives two checks of one pull request a Build each, and another pool's check none", () => {
    const checks = [check, aCheck({ name: "build/O2/fullCI" }), aCheck({ name: "theirs" })];
    const ownerOf = ({ name }: { name: string }) => (name === "theirs" ? "other" : "o2");
    const created = plan({ pullRequests: [aPullRequest()], checks, ownerOf });
    expect(created.map(({ build }) => build.spec.check).sort()).toEqual(["build/O2/fullCI", "build/O2/o2"]);
    expect(new Set(created.map(({ build }) => build.metadata.name)).size).toBe(2);
  });
});

describe("a Build whose pull request", () => {
  const build = named(aBuild(settled));

  it("is no longer open is deleted", () => {
    expect(plan({ builds: [build] })).toEqual([
      { do: "delete", build, because: "it is no longer open against master" },
    ]);
  });

  it.each<[string, Says]>([
    ["was never listed", { listing: undefined }],
    ["could not be read", { listing: aListing([], { unreadable: [1] }) }],
    [
      "is listed without the team its check now trusts",
      { checks: [aCheck({ trust: { ...check.trust, team: "experts" } })] },
    ],
    ["has a check that nobody is known to own", { ownerOf: () => undefined, pullRequests: [aPullRequest()] }],
  ])("%s is left as it is", (_, says) => {
    expect(plan({ ...says, builds: [build] })).toEqual([]);
  });

  it("has a check the pool no longer has is deleted, and its neighbours stay", () => {
    const other = named(aBuild({ ...settled, check: "build/old" }));
    const actions = plan({ pullRequests: [aPullRequest()], builds: [build, other] });
    expect(actions).toEqual([
      { do: "delete", build: other, because: "the pool no longer has the check build/old of o/r" },
    ]);
  });

  it("has a check the pool no longer has is blocked while it runs or GitHub shows that it does, and deleted after that", () => {
    const removed = { check: "build/old" };
    const reported = {
      commit: build.spec.commit,
      request: 1,
      state: "pending",
      url: "",
      at: iso(noon),
      writes: 1,
    } as const;
    const told = (description: string, says: Partial<typeof removed & { silent: true }> = {}) =>
      named(aBuild({ ...settled, ...removed, ...says }, { reported: { ...reported, description } }));
    const what = (one: Stored<"Build">) =>
      plan({ builds: [one] }).map(({ do: verb, build: { spec } }) => [verb, spec.blocked?.reason]);
    expect(what(named(heldBy("o2-0", { ...settled, ...removed })))).toEqual([["update", "CheckRemoved"]]);
    expect(what(told("Started Mon 10:00 CET on o2-0"))).toEqual([["update", "CheckRemoved"]]);
    expect(what(told("Not building: this check is no longer asked for"))).toEqual([["delete", undefined]]);
    expect(what(told("Started Mon 10:00 CET on o2-0", { silent: true }))).toEqual([["delete", undefined]]);
  });

  it("is no longer open stays until GitHub has the verdict that was given, and what runs is stopped first", () => {
    const given = judged("Success", settled);
    const what = (one: Stored<"Build">) =>
      plan({ builds: [one] }).map(({ do: verb, build: { spec } }) => [verb, spec.blocked?.reason]);
    expect(what(named(given))).toEqual([["update", "Closed"]]);
    const { commit, request } = build.spec;
    const told = { commit, request, state: "success", description: "", url: "", at: iso(noon), writes: 2 } as const;
    expect(what(named(judged("Success", settled, { reported: told })))).toEqual([["delete", undefined]]);
    expect(what(named(heldBy("o2-0", settled)))).toEqual([["update", "Closed"]]);
  });

  it("is no longer open, while another with its head is, goes at once: what GitHub shows is that one's to say", () => {
    const { commit, request } = build.spec;
    const description = "Started Mon 10:00 CET on o2-0";
    const told = { commit, request, state: "pending", description, url: "", at: iso(noon), writes: 1 } as const;
    const announced = named(heldBy("o2-0", settled, { reported: told }));
    const what = (builds: readonly Stored<"Build">[], isDraft = false) =>
      plan({ builds, pullRequests: [aPullRequest({ number: 2, commit, isDraft })] }).map(
        ({ do: verb, build: { spec } }) => [verb, spec.number, spec.blocked?.reason],
      );
    expect(what([announced])).toEqual([
      ["delete", 1, undefined],
      ["create", 2, undefined],
    ]);
    // A draft is not built, so nobody else would say that what was announced does not take place.
    expect(what([announced], true)).toContainEqual(["update", 1, "Closed"]);
    expect(what([named(judged("Success", settled))])).toContainEqual(["update", 1, "Closed"]);
  });

  it("runs in a pool that is being deleted is left to end", () => {
    const pool = { ...aPool(), metadata: { ...aPool().metadata, deletionTimestamp: iso(noon) } };
    expect(plan({ pool, builds: [named(heldBy("o2-0", settled))] })).toEqual([]);
  });

  it.each<[string, Says, string, string]>([
    [
      "has a check with a broken definition",
      { checks: [], broken: [{ name: check.name, message: "check build/O2/o2 has no repository" }] },
      "DefinitionError",
      "check build/O2/o2 has no repository",
    ],
    [
      "has a check of another pool",
      { ownerOf: () => "first" },
      "OwnedByAnotherPool",
      'build/O2/o2 of o/r belongs to the pool "first", which named it first',
    ],
    [
      "is of a pool that is being deleted",
      { pool: { ...aPool(), metadata: { ...aPool().metadata, deletionTimestamp: iso(noon) } } },
      "PoolDeleted",
      'The pool "o2" is being deleted',
    ],
  ])("%s is blocked, and free again afterwards", (_, says, reason, message) => {
    const pullRequests = [aPullRequest()];
    const [action] = plan({ pullRequests, ...says, builds: [build] });
    expect(action?.do).toBe("update");
    expect(action?.build.spec).toEqual({ ...build.spec, blocked: { reason, message } });
    const blocked = action?.build as Stored<"Build">;
    expect(plan({ pullRequests, ...says, builds: [blocked] })).toEqual([]);
    expect(spec({ pullRequests, builds: [blocked] })).toEqual(build.spec);
  });

  it("now goes into another branch follows it, if the pool has the check there", () => {
    const dev = aCheck({ branch: "dev" });
    const listing = aListing([aPullRequest()], { branch: "dev" });
    const [action] = plan({ checks: [dev], listing, builds: [build] });
    expect(action?.do).toBe("update");
    expect(action?.build.spec).toMatchObject({ base: "dev", request: 1 });
  });

  it("is on its way out is not touched", () => {
    const leaving = { ...build, metadata: { ...build.metadata, deletionTimestamp: iso(noon) } };
    expect(plan({ builds: [leaving] })).toEqual([]);
    expect(plan({ builds: [leaving], pullRequests: [aPullRequest({ commit: sha("f") })] })).toEqual([]);
  });
});
