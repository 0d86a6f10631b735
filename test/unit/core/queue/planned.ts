import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { buildNameOf } from "../../../../src/core/build/identity.ts";
import type { Listing, PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { type ObservedQueue, planQueue } from "../../../../src/core/queue/plan.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

export const check = aCheck();

export interface Says extends Partial<ObservedQueue> {
  readonly pullRequests?: readonly PullRequest[];
  readonly listing?: Listing | undefined;
  readonly now?: number;
}

/** What is written for a queue of one pool with one check, of which a test says what matters. */
export function plan({ pullRequests = [], now = noon, ...says }: Says) {
  const listing = "listing" in says ? says.listing : aListing(pullRequests);
  return planQueue(
    {
      pool: aPool(),
      checks: [check],
      broken: [],
      ownerOf: () => "o2",
      listingOf: () => listing,
      builds: [],
      rechecks: false,
      ...says,
    },
    now,
  );
}

/** What the first write says. */
export const spec = (says: Says) => plan(says)[0]?.build.spec;

/** A Build under the name the plan gives it. */
export function named(build: Stored<"Build">): Stored<"Build"> {
  const { check: name, repository, number } = build.spec;
  return { ...build, metadata: { ...build.metadata, name: buildNameOf("o2", { name, repository }, number) } };
}

/** As `aPullRequest` number 1 with a MEMBER as its author makes it. */
export const settled = { waitingSince: "2024-01-01T00:00:00Z" };

/** Part of a pull request: the status GitHub shows for the check. */
export const status = (state: "SUCCESS" | "ERROR" | "PENDING", description = "") => ({
  statuses: [{ context: check.name, state, description }],
});
