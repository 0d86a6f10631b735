import type { Stored } from "../../../../src/api/objects/kinds.ts";
import { buildNameOf, labelCommit } from "../../../../src/core/build/identity.ts";
import type { Listing, PullRequest } from "../../../../src/core/pullRequest/pullRequest.ts";
import { type ObservedQueue, planQueue } from "../../../../src/core/queue/plan.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aListing } from "../../../support/objects/listing.ts";
import { noon } from "../../../support/objects/moment.ts";
import { aPool } from "../../../support/objects/pool.ts";

export const check = aCheck();

export interface QueueFields extends Partial<ObservedQueue> {
  readonly pullRequests?: readonly PullRequest[];
  readonly listing?: Listing | undefined;
  readonly now?: number;
}

/** The planned writes for a queue of one pool with one check. Each test gives only the fields that matter. */
export function plan({ pullRequests = [], now = noon, ...fields }: QueueFields) {
  const listing = "listing" in fields ? fields.listing : aListing(pullRequests);
  return planQueue(
    {
      pool: aPool(),
      checks: [check],
      broken: [],
      ownerOf: () => "o2",
      listingOf: () => listing,
      builds: [],
      rechecks: false,
      ...fields,
    },
    now,
  );
}

/** The spec in the first write. */
export const spec = (fields: QueueFields) => plan(fields)[0]?.build.spec;

/** A Build with the name from the plan. */
export function named(build: Stored<"Build">): Stored<"Build"> {
  const { check: name, repository, number } = build.spec;
  return labelCommit({
    ...build,
    metadata: { ...build.metadata, name: buildNameOf("o2", { name, repository }, number) },
  });
}

/** The spec fields that the plan gives the Build of `aPullRequest()`. */
export const settled = { waitingSince: "2024-01-01T00:00:00Z" };

/** Fields of a pull request: the status of the check on GitHub. */
export const status = (state: "SUCCESS" | "ERROR" | "PENDING", description = "") => ({
  statuses: [{ context: check.name, state, description }],
});
