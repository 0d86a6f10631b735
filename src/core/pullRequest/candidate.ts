import type { BuildSpec, Group } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import type { PullRequest } from "./pullRequest.ts";
import { decideTrust } from "./trust.ts";

/** The state of one open pull request on GitHub for one check. */
export interface Candidate {
  /** Derived only from the commit status of the check. A pending status requests a build. */
  readonly group: Group;
  /** Whether the pull request has the priority label. */
  readonly urgent: boolean;
  /** The later of the pull request's creation and the commit date. GitHub no longer provides the push date. */
  readonly waitingSince: string;
  readonly isDraft: boolean;
  readonly isTrusted: boolean;
  /** Whether the permission bot approved the head commit. */
  readonly isReviewed: boolean;
  /** Present if the pull request must not be built. */
  readonly blocked?: NonNullable<BuildSpec["blocked"]>;
}

const priorityLabel = "ci-priority";
const draftTitle = "[WIP]";
const reviewContext = "review";

/**
 * The candidate of one pull request for one check. Same rules as ali-bot, except for the corrections listed in the
 * tests.
 */
export function candidateOf(
  check: ResolvedCheck,
  pullRequest: PullRequest,
  teams: ReadonlyMap<string, ReadonlySet<string>>,
): Candidate {
  const { title, createdAt, head, labels } = pullRequest;
  const trust = decideTrust(check.trust, pullRequest, teams);
  const facts = {
    group: groupOf(stateOf(pullRequest, check.name)),
    urgent: labels.includes(priorityLabel),
    waitingSince: Date.parse(head.committedAt) > Date.parse(createdAt) ? head.committedAt : createdAt,
    isDraft: pullRequest.isDraft || title.startsWith(draftTitle),
    isTrusted: trust.trusted,
    isReviewed: stateOf(pullRequest, reviewContext) === "SUCCESS",
  };
  const blocked = blockedOf(facts, trust.because, pullRequest);
  return blocked === undefined ? facts : { ...facts, blocked };
}

/** Drafts come first: an unfinished draft does not need approval. */
function blockedOf(
  { isDraft, isTrusted, isReviewed }: Omit<Candidate, "blocked">,
  because: string,
  pullRequest: PullRequest,
): Candidate["blocked"] {
  if (isDraft) {
    const remedy = pullRequest.isDraft ? "mark it as ready for review" : `remove ${draftTitle} from its title`;
    return { reason: "Draft", message: `It is a draft: ${remedy} to start a build` };
  }
  if (isTrusted || isReviewed) return undefined;
  return { reason: "Untrusted", message: `Approval needed: ${because}; an approving review starts the build` };
}

function stateOf(pullRequest: PullRequest, context: string): string | undefined {
  return pullRequest.head.statuses.find((status) => isSameName(status.context, context))?.state;
}

function groupOf(state: string | undefined): Group {
  if (state === "SUCCESS") return "succeeded";
  return state === "FAILURE" || state === "ERROR" ? "failed" : "untested";
}
