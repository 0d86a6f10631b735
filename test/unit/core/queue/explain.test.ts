import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import type { Builder } from "../../../../src/api/objects/builder.ts";
import { rendezvousWinner } from "../../../../src/core/partition/affinity.ts";
import { ownerOfCommit } from "../../../../src/core/partition/modulo.ts";
import { explainBuild } from "../../../../src/core/queue/explain.ts";
import { aBuild, heldBy, sha, withVerdict } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const explain = (build: Build, fields: Partial<Parameters<typeof explainBuild>[1]> = {}) =>
  explainBuild(build, {
    builds: [build],
    builders: builders(2),
    partition: { strategy: "Affinity", patience: "10m" },
    now: noon,
    ...fields,
  });

const trouble = {
  reason: "DiskFull" as const,
  message: "no space left on the work area",
  builder: "o2-0",
  count: 1,
  request: 1,
  at: iso(noon),
  notBefore: iso(noon + 60_000),
};

const minute = 60_000;
const modulo = { strategy: "Modulo", patience: "10m" } as const;
const rank = ownerOfCommit("build/O2/o2", aBuild().spec.commit, 2);
const share = (index: number) => ({ partitionOverride: { index, size: 2 } });
const winner = rendezvousWinner("build/O2/o2", 1, ["o2-0", "o2-1"]);
const loser = winner === "o2-0" ? "o2-1" : "o2-0";
const forcing = ({ metadata }: Builder, prefix: string) => aBuilder(metadata.name, { forced: [prefix] });
const brokenBase = {
  check: "build/O2/o2",
  commits: "c",
  at: iso(noon - minute),
  broken: {
    reason: "BaseBroken" as const,
    message: "master of alisw/alidist does not parse",
    since: "2026-01-05T10:42:00Z",
  },
};
const goodBase = { check: "build/O2/o2", commits: "d", at: iso(noon) };

const red = withVerdict("Failure", { group: "failed" });
const log = { path: "o/r/1", url: "https://logs/o/r/1/", stored: true };
const redWithLog = { ...red, status: { ...red.status, verdict: { ...red.status?.verdict, log } } } as Build;

const reported = {
  ...{ commit: aBuild().spec.commit, request: 1, state: "error" as const },
  ...{ description: "", url: "", at: iso(noon), writes: 2 },
};

describe("explainBuild", () => {
  it.each<[string, Build, Parameters<typeof explain>[1], string]>([
    [
      "a blocked Build",
      aBuild({ blocked: { reason: "Draft", message: "It is a draft: mark it as ready for review to start a build" } }),
      {},
      "not built (Draft): it is a draft: mark it as ready for review to start a build",
    ],
    [
      "a running build",
      heldBy("o2-1", {}, { step: "build" }),
      {},
      'being built by "o2-1" since 2026-01-01T00:00:00Z at step build',
    ],
    [
      "a running build of an outdated commit",
      { ...heldBy("o2-1"), spec: { ...aBuild().spec, commit: sha("f") } },
      {},
      'being built by "o2-1" since 2026-01-01T00:00:00Z; it stops because of a new commit',
    ],
    [
      "an unpublished verdict",
      withVerdict("Failure", { group: "failed" }),
      {},
      'the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z, not yet on GitHub; rechecks follow until it is merged',
    ],
    [
      "a red verdict with a log",
      redWithLog,
      {},
      'the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z, not yet on GitHub; rechecks follow until it is merged: https://logs/o/r/1/',
    ],
    [
      "a published verdict",
      withVerdict("Failure", { group: "failed" }, { reported }),
      {},
      'the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z; rechecks follow until it is merged',
    ],
    [
      "a commit tested before this pool",
      aBuild({ request: 0, group: "succeeded" }),
      {},
      "tested before this pool listed it: succeeded on GitHub",
    ],
    [
      "the pause after an infrastructure failure",
      aBuild({}, { trouble }),
      {},
      'untested; a build is retried in 1m after DiskFull on "o2-0" (no space left on the work area)',
    ],
    [
      "a pool without a Ready builder",
      aBuild(),
      { builders: [aBuilder("o2-0", { phase: "Warming" })] },
      "untested; a build waits until a builder of the pool is Ready",
    ],
    [
      "a wait for the builder with the warm tree",
      aBuild({}, { tree: "o2-1" }),
      {},
      'untested; a build waits for "o2-1", the builder with its warm tree; after 10m any idle builder may take it',
    ],
    [
      "a wait for busy builders",
      aBuild(),
      { builds: [heldBy("o2-0", { number: 8 }), heldBy("o2-1", { number: 9 })] },
      "untested; a build waits for one of 2 Ready builders; all are busy",
    ],
    [
      "a wait for an idle builder",
      aBuild(),
      { builders: builders(1) },
      'untested; a build waits for "o2-0", an idle builder',
    ],
    [
      "a wait for the owner of the commit",
      aBuild(),
      { builders: builders(1), partition: { strategy: "Modulo", patience: "10m" } },
      'untested; a build waits for "o2-0", the owner of its commit',
    ],
    [
      "a waiting recheck",
      aBuild({ group: "failed" }),
      {},
      "a recheck waits until an idle builder draws it from the rechecks",
    ],
  ])("explains %s", (_, build, context, sentence) => {
    expect(explain(build, context)).toBe(`build/O2/o2: ${sentence}`);
  });

  it.each<[string, Build, Parameters<typeof explain>[1], string]>([
    [
      "the rest of the patience",
      aBuild({ requestedAt: iso(noon - 4 * minute) }, { tree: "o2-1" }),
      {},
      'untested; a build waits for "o2-1", the builder with its warm tree; in 6m any idle builder may take it',
    ],
    [
      "the end of the patience",
      aBuild({ requestedAt: iso(noon - 11 * minute) }, { tree: "o2-1" }),
      { builds: [heldBy("o2-1", { number: 8 })] },
      'untested; a build waits for "o2-0", an idle builder',
    ],
    [
      "a warm tree on a builder with force-hashes",
      aBuild({ requestedAt: iso(noon) }, { tree: "o2-1" }),
      { builders: [aBuilder("o2-0"), aBuilder("o2-1", { forced: ["abc"] })] },
      'untested; a build waits for 10m: "o2-1" has its warm tree, and force-hashes limits "o2-1" to other commits',
    ],
    [
      "force-hashes of one builder",
      aBuild(),
      { builders: ["o2-0", "o2-1"].map((name) => aBuilder(name, name === winner ? { forced: ["abc"] } : {})) },
      `untested; a build waits for "${loser}", an idle builder`,
    ],
    [
      "force-hashes of all builders",
      aBuild(),
      { builders: builders(2).map((one) => forcing(one, "abc")) },
      'untested; a build waits for no builder: force-hashes limits "o2-0" and "o2-1" to other commits',
    ],
    [
      "force-hashes with this commit",
      aBuild(),
      { builders: builders(1).map((one) => forcing(one, "00000")) },
      'untested; a build waits for "o2-0", an idle builder',
    ],
    [
      "the owner of a commit by override",
      aBuild(),
      { builders: [aBuilder("o2-0", share(1 - rank)), aBuilder("o2-1", share(rank))], partition: modulo },
      'untested; a build waits for "o2-1", the owner of its commit',
    ],
    [
      "two owners of a commit by override",
      aBuild(),
      { builders: [aBuilder("o2-0", share(rank)), aBuilder("o2-1", share(rank))], partition: modulo },
      'untested; a build waits for "o2-0" or "o2-1", the owners of its commit',
    ],
    [
      "a commit that overrides leave without an owner",
      aBuild(),
      { builders: [aBuilder("o2-0", share(1 - rank)), aBuilder("o2-1", share(1 - rank))], partition: modulo },
      "untested; a build waits for no builder: config/worker-index or config/workers-pool-size gives its commit to none",
    ],
    [
      "an owner of a commit with force-hashes",
      aBuild(),
      { builders: builders(1).map((one) => forcing(one, "abc")), partition: modulo },
      'untested; a build waits for no builder: force-hashes limits "o2-0" to other commits',
    ],
    [
      "a recheck of a commit that a builder failed",
      { ...red, spec: { ...red.spec, request: 2 } },
      {},
      'a recheck waits until an idle builder draws it from the rechecks; "o2-0" failed the commit, so another builder repeats it; the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z',
    ],
    [
      "a second opinion",
      { ...red, spec: { ...red.spec, request: 2, opinion: { kind: "Second", of: "o2-0", attempt: 1 } } },
      {},
      'a second opinion on the red verdict of "o2-0" waits for "o2-1", an idle builder; "o2-0" failed the commit, so another builder repeats it; the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z',
    ],
    [
      "a verdict that a canary doubts",
      { ...red, spec: { ...red.spec, request: 2, confirm: { revision: "r2", attempt: 1 } } },
      {},
      'a confirmation of the verdict, because a canary of revision r2 disagrees, waits for "o2-1", an idle builder; "o2-0" failed the commit, so another builder repeats it; the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z',
    ],
    [
      "a shadow of a canary",
      aBuild({ silent: true, shadow: { of: "o2-1", pool: "o2", revision: "r2" } }),
      { builders: [aBuilder("o2-0"), aBuilder("o2-1", { silent: true, canary: true, revision: "r2" })] },
      'a shadow, never published: the canary "o2-1" repeats the build; not built yet',
    ],
    [
      "a withdrawn verdict",
      aBuild({ opinion: { kind: "Withdrawn", of: "o2-0", attempt: 1 } }),
      { builders: builders(1) },
      'the red verdict of "o2-0" was withdrawn; a build waits for "o2-0", an idle builder',
    ],
    [
      "the refresh of the base",
      heldBy("o2-1", {}, { step: "build" }),
      { builders: [aBuilder("o2-1", { message: "Building the dependencies of build/O2/o2 in the base first" })] },
      'being built by "o2-1" since 2026-01-01T00:00:00Z at step build (building the dependencies of build/O2/o2 in the base first)',
    ],
    [
      "a broken base",
      aBuild(),
      { builders: [aBuilder("o2-0", { bases: [brokenBase] })] },
      'untested; a build waits for "o2-0", an idle builder; master of alisw/alidist does not parse, since 2026-01-05 10:42 UTC',
    ],
    [
      "a failure on a broken base once",
      aBuild({}, { trouble: { ...trouble, reason: "BaseBroken", message: brokenBase.broken.message } }),
      { builders: [aBuilder("o2-0", { bases: [brokenBase] })] },
      'untested; a build is retried in 1m after BaseBroken on "o2-0" (master of alisw/alidist does not parse); the base is broken since 2026-01-05 10:42 UTC',
    ],
    [
      "a good base after a broken one",
      aBuild(),
      {
        builders: [
          aBuilder("o2-0", { bases: [brokenBase] }),
          aBuilder("o2-9", { phase: "Draining", bases: [goodBase] }),
        ],
      },
      'untested; a build waits for "o2-0", an idle builder',
    ],
  ])("gives the reason for %s", (_, build, context, sentence) => {
    expect(explain(build, context)).toBe(`build/O2/o2: ${sentence}`);
  });

  it("includes the last verdict while the next build waits", () => {
    const pushed = { ...withVerdict("Success"), spec: { ...aBuild().spec, commit: sha("f"), request: 2 } };
    expect(explain(pushed, { builders: [] })).toBe(
      'build/O2/o2: untested; a build waits until a builder of the pool is Ready; the verdict on 0000000000 was Success, by "o2-0" at 2026-01-05T12:00:00.000Z',
    );
  });
});
