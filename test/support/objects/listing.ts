import type { Listing, PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { noon } from "./moment.ts";

export function aListing(pullRequests: readonly PullRequest[], fields: Partial<Listing> = {}): Listing {
  return {
    repository: "o/r",
    branch: "master",
    pullRequests,
    unreadable: [],
    teams: new Map(),
    startedAt: noon,
    ...fields,
  };
}
