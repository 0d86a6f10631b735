import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
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

  it("includes the last verdict while the next build waits", () => {
    const pushed = { ...withVerdict("Success"), spec: { ...aBuild().spec, commit: sha("f"), request: 2 } };
    expect(explain(pushed, { builders: [] })).toBe(
      'build/O2/o2: untested; a build waits until a builder of the pool is Ready; the verdict on 0000000000 was Success, by "o2-0" at 2026-01-05T12:00:00.000Z',
    );
  });
});
