import type { Build } from "../../../../src/api/objects/build.ts";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import type { PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { chooseBuild } from "../../../../src/core/queue/choose.ts";
import { planQueue } from "../../../../src/core/queue/plan.ts";
import { compareWaiting } from "../../../../src/core/queue/priority.ts";
import type { Row } from "../../../support/alibot/lister.ts";
import { aBuild } from "../../../support/objects/build.ts";
import { builders } from "../../../support/objects/builder.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const groups = ["untested", "failed", "succeeded"] as const;

/** The pool's queue days after these pull requests were first seen, when everything that was tested is due for a recheck. */
export function queueOf(check: ResolvedCheck, pullRequests: readonly PullRequest[]): readonly Stored<"Build">[] {
  const pool = aPool();
  const listing = aListing(pullRequests);
  const around = { pool, checks: [check], broken: [], ownerOf: () => "o2", listingOf: () => listing, rechecks: true };
  const created = planQueue({ ...around, builds: [] }, noon).map(({ build }) => stored(build));
  const updates = planQueue({ ...around, builds: created }, noon).map(({ build }) => stored(build));
  const updated = new Map(updates.map((build) => [build.metadata.name, build]));
  return created.map((build) => updated.get(build.metadata.name) ?? build);
}

function stored(build: Build): Stored<"Build"> {
  const { metadata } = aBuild(build.spec);
  return { ...build, metadata: { ...metadata, name: build.metadata.name } };
}

/** What may be built, group by group, in the order of waiting. */
export function rowsOf(queue: readonly Stored<"Build">[]): readonly Row[] {
  return queue
    .filter(({ spec }) => spec.blocked === undefined)
    .toSorted((a, b) => groups.indexOf(a.spec.group) - groups.indexOf(b.spec.group) || compareWaiting(a, b))
    .map(({ spec: { group, number, waitingSince } }) => ({
      type: group,
      number,
      since: Date.parse(waitingSince) / 1000,
    }));
}

/** What the only builder of a pool builds one after the other before it looks at rechecks; when nothing is untested, the one recheck. */
export function roundOf(queue: readonly Stored<"Build">[], random: () => number): readonly number[] {
  const choice = chooseBuild({
    self: "o2-0",
    builds: queue,
    builders: builders(1),
    strategy: "Affinity",
    patience: 600_000,
    recheck: { failedShare: 0.7, maxShare: 0.5 },
    preference: createPreference("o2-0"),
    waited: () => 0,
    random,
    now: noon,
  });
  if (!("build" in choice)) return [];
  const { number, group } = choice.build.spec;
  const rest = queue.filter(({ spec }) => spec.number !== number);
  const more = rest.some(({ spec }) => spec.group === "untested" && spec.blocked === undefined);
  return group === "untested" && more ? [number, ...roundOf(rest, random)] : [number];
}
