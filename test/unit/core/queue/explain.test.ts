import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { explainBuild } from "../../../../src/core/queue/explain.ts";
import { aBuild, heldBy, judged, sha } from "../../../support/objects/build.ts";
import { aBuilder, builders } from "../../../support/objects/builder.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const explain = (build: Build, says: Partial<Parameters<typeof explainBuild>[1]> = {}) =>
  explainBuild(build, {
    builds: [build],
    builders: builders(2),
    partition: { strategy: "Affinity", patience: "10m" },
    now: noon,
    ...says,
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

describe("an explanation", () => {
  it.each<[string, Build, Parameters<typeof explain>[1], string]>([
    [
      "what blocks it",
      aBuild({ blocked: { reason: "Draft", message: "It is a draft: mark it as ready for review to have it built" } }),
      {},
      "not built (Draft): it is a draft: mark it as ready for review to have it built",
    ],
    [
      "who builds it",
      heldBy("o2-1", {}, { step: "build" }),
      {},
      'being built by "o2-1" since 2026-01-01T00:00:00Z, at the step build',
    ],
    [
      "that a running build is about to stop",
      { ...heldBy("o2-1"), spec: { ...aBuild().spec, commit: sha("f") } },
      {},
      'being built by "o2-1" since 2026-01-01T00:00:00Z; it stops, because there is a new commit',
    ],
    [
      "the verdict",
      judged("Failure", { group: "failed" }),
      {},
      'the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z, which GitHub does not have yet; it is tested again until it is merged',
    ],
    [
      "the verdict that GitHub has",
      judged("Failure", { group: "failed" }, { reported }),
      {},
      'the verdict on 0000000000 was Failure, by "o2-0" at 2026-01-05T12:00:00.000Z; it is tested again until it is merged',
    ],
    [
      "that others tested it",
      aBuild({ request: 0, group: "succeeded" }),
      {},
      "tested before this pool looked at it: succeeded on GitHub",
    ],
    [
      "the pause after a failure of ours",
      aBuild({}, { trouble }),
      {},
      'untested, and a build is tried again in 1m after DiskFull on "o2-0" (no space left on the work area)',
    ],
    [
      "that nobody is Ready",
      aBuild(),
      { builders: [aBuilder("o2-0", { phase: "Warming" })] },
      "untested, and a build waits until a builder of the pool is Ready",
    ],
    [
      "whose tree it waits for",
      aBuild({}, { tree: "o2-1" }),
      {},
      'untested, and a build waits for "o2-1", which holds its warm tree; after 10m for whoever is idle',
    ],
    [
      "that all are busy",
      aBuild(),
      { builds: [heldBy("o2-0", { number: 8 }), heldBy("o2-1", { number: 9 })] },
      "untested, and a build waits for one of 2 Ready builders, which are all busy",
    ],
    ["who is idle", aBuild(), { builders: builders(1) }, 'untested, and a build waits for "o2-0", which is idle'],
    [
      "who owns it",
      aBuild(),
      { builders: builders(1), partition: { strategy: "Modulo", patience: "10m" } },
      'untested, and a build waits for "o2-0", which owns it',
    ],
    ["that rechecks take turns", aBuild({ group: "failed" }), {}, "a recheck waits for its turn among the rechecks"],
  ])("says %s", (_, build, around, sentence) => {
    expect(explain(build, around)).toBe(`build/O2/o2: ${sentence}`);
  });

  it("says what the last verdict was while the next one is awaited", () => {
    const pushed = { ...judged("Success"), spec: { ...aBuild().spec, commit: sha("f"), request: 2 } };
    expect(explain(pushed, { builders: [] })).toBe(
      'build/O2/o2: untested, and a build waits until a builder of the pool is Ready; the verdict on 0000000000 was Success, by "o2-0" at 2026-01-05T12:00:00.000Z',
    );
  });
});
