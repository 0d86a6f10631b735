import type { BuildSpec, Group } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { PullRequest } from "./pullRequest.ts";
import { decideTrust } from "./trust.ts";

/** What GitHub says about one open pull request as work for one check. */
export interface Candidate {
  /** By the commit status of the check alone; a pending one means: please build. */
  readonly group: Group;
  readonly urgent: boolean;
  /** Later of the pull request's creation and the commit's date; GitHub no longer tells when a commit was pushed. */
  readonly waitingSince: string;
  readonly isDraft: boolean;
  readonly isTrusted: boolean;
  /** Whether the permission bot approved the head commit. */
  readonly isReviewed: boolean;
  /** Present when it must not be built. */
  readonly blocked?: NonNullable<BuildSpec["blocked"]>;
}

const priorityLabel = "ci-priority";
const draftTitle = "[WIP]";
const reviewContext = "review";

/** Judges one pull request for one check, as ali-bot does, but for what is listed in the tests as a correction. */
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
  const blocked = block(facts, trust.because, pullRequest);
  return blocked === undefined ? facts : { ...facts, blocked };
}

/** Drafts first: nobody is asked to approve what its author does not call finished. */
function block(
  { isDraft, isTrusted, isReviewed }: Omit<Candidate, "blocked">,
  because: string,
  pullRequest: PullRequest,
): Candidate["blocked"] {
  if (isDraft) {
    const ask = pullRequest.isDraft ? "mark it as ready for review" : `take ${draftTitle} off its title`;
    return { reason: "Draft", message: `It is a draft: ${ask} to have it built` };
  }
  if (isTrusted || isReviewed) return undefined;
  return { reason: "Untrusted", message: `Approval needed: ${because}; an approving review starts the build` };
}

function stateOf(pullRequest: PullRequest, context: string): string | undefined {
  return pullRequest.head.statuses.find((status) => status.context === context)?.state;
}

function groupOf(state: string | undefined): Group {
  if (state === "SUCCESS") return "succeeded";
  return state === "FAILURE" || state === "ERROR" ? "failed" : "untested";
}
