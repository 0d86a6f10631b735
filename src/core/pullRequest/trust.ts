import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { PullRequest } from "./pullRequest.ts";

/** Whose word it is that this code may be built here. */
export type TrustRule = "Approval" | "Association" | "User" | "Team";

export interface TrustDecision {
  readonly trusted: boolean;
  /** The rule that vouches for it; absent when none does. */
  readonly rule?: TrustRule;
  /** Why, as a clause about the author or the pull request: `its author alice is MEMBER of the repository`. */
  readonly because: string;
}

interface Facts {
  readonly trust: ResolvedCheck["trust"];
  readonly pullRequest: PullRequest;
  readonly teams: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Login that stands for a deleted account; nobody can trust it by name. */
const ghost = "ghost";

const associations = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);

/** In order; the first that has something to say decides. */
const rules: readonly (readonly [TrustRule, (facts: Facts) => string | undefined])[] = [
  ["Approval", approved], // somebody with the right to review looked at it
  ["Association", associated], // the author belongs to the repository
  ["User", named], // the check's definition names the author
  ["Team", inTeam], // the author is in the team the check's definition names
];

/** Whether a pull request's code may be built for a check without anybody's further approval, and by whose word. */
export function decideTrust(
  trust: ResolvedCheck["trust"],
  pullRequest: PullRequest,
  teams: ReadonlyMap<string, ReadonlySet<string>>,
): TrustDecision {
  for (const [rule, vouch] of rules) {
    const because = vouch({ trust, pullRequest, teams });
    if (because !== undefined) return { trusted: true, rule, because };
  }
  return { trusted: false, because: distrust({ trust, pullRequest, teams }) };
}

/**
 * An approval of an earlier commit counts too, and anybody's, as it always did in the field: GitHub can be told to dismiss stale ones, and
 * lets everybody approve in a public repository. A check that wants less says `approvals: HeadCommit`, or `Strict`.
 */
function approved({ trust, pullRequest: { approvals, head } }: Facts): string | undefined {
  if (trust.approvals === "AnyCommit") return approvals.length > 0 ? "it has an approving review" : undefined;
  const ofHead = approvals.filter(({ commit }) => commit === head.commit);
  if (trust.approvals === "HeadCommit")
    return ofHead.length > 0 ? "its head commit has an approving review" : undefined;
  const reviewer = ofHead.find(({ association }) => associations.has(association));
  return (
    reviewer && `its head commit has an approving review by a reviewer who is ${reviewer.association} of the repository`
  );
}

function associated({ trust, pullRequest: { author, association } }: Facts): string | undefined {
  if (associations.has(association)) return `its author ${author} is ${association} of the repository`;
  if (association === "CONTRIBUTOR" && trust.collaborators) return `its author ${author} has contributed before`;
  return undefined;
}

function named({ trust, pullRequest: { author } }: Facts): string | undefined {
  if (author === ghost) return undefined;
  return trust.users.some((user) => user.trim() === author) ? `its author ${author} is among trust.users` : undefined;
}

function inTeam({ trust, pullRequest: { author }, teams }: Facts): string | undefined {
  if (trust.team === undefined || author === ghost) return undefined;
  return teams.get(trust.team)?.has(author) ? `its author ${author} is in the team ${trust.team}` : undefined;
}

function distrust({ trust, pullRequest: { author, association, approvals } }: Facts): string {
  const who = `its author ${author} (${association}) is not trusted`;
  if (trust.approvals === "HeadCommit" && approvals.length > 0) return `${who} and only earlier commits were approved`;
  if (trust.approvals === "Strict" && approvals.length > 0)
    return `${who} and no owner, member or collaborator has approved its head commit`;
  return `${who} and nobody has approved it`;
}
