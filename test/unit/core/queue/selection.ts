import type { Build } from "../../../../src/api/objects/build.ts";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { createPreference } from "../../../../src/core/partition/preference.ts";
import type { PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { chooseBuild } from "../../../../src/core/queue/choose.ts";
import { compareWaiting } from "../../../../src/core/queue/order/priority.ts";
import { planQueue } from "../../../../src/core/queue/plan.ts";
import type { Row } from "../../../support/alibot/lister.ts";
import { aBuild } from "../../../support/objects/build.ts";
import { builders } from "../../../support/objects/builder.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

const groups = ["untested", "failed", "succeeded"] as const;

/** The pool's queue long after the first listing: every tested pull request is due for a recheck. */
export function queueOf(check: ResolvedCheck, pullRequests: readonly PullRequest[]): readonly Stored<"Build">[] {
  const pool = aPool();
  const listing = aListing(pullRequests);
  const context = { pool, checks: [check], broken: [], ownerOf: () => "o2", listingOf: () => listing, rechecks: true };
  const created = planQueue({ ...context, builds: [] }, noon).map(({ build }) => stored(build));
  const updates = planQueue({ ...context, builds: created }, noon).map(({ build }) => stored(build));
  const updated = new Map(updates.map((build) => [build.metadata.name, build]));
  return created.map((build) => updated.get(build.metadata.name) ?? build);
}

function stored(build: Build): Stored<"Build"> {
  const { metadata } = aBuild(build.spec);
  return { ...build, metadata: { ...metadata, name: build.metadata.name } };
}

/** The unblocked builds, by group and priority. */
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

/** The untested builds of a one-builder pool in sequence; with no untested build, one recheck. */
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
