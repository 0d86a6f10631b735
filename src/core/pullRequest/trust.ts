import type { ResolvedCheck } from "../../api/objects/check.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import type { PullRequest } from "./pullRequest.ts";

/** The rules that can make a pull request trusted. */
export type TrustRule = "Approval" | "Association" | "User" | "Team";

/** The decision whether a pull request's code may be built without further approval. */
export interface TrustDecision {
  readonly trusted: boolean;
  /** The rule that applied; absent if the pull request is not trusted. */
  readonly rule?: TrustRule;
  /** The reason, as a clause about the author or the pull request: `its author alice is MEMBER of the repository`. */
  readonly because: string;
}

interface Facts {
  readonly trust: ResolvedCheck["trust"];
  readonly pullRequest: PullRequest;
  readonly teams: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The login of every deleted account, so never trusted by name. */
const ghost = "ghost";

const associations = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);

/** The first rule with a reason decides. */
const rules: readonly (readonly [TrustRule, (facts: Facts) => string | undefined])[] = [
  ["Approval", approvalReason], // a reviewer approved the code
  ["Association", associationReason], // the author belongs to the repository
  ["User", userReason], // the check's definition names the author
  ["Team", teamReason], // the author is in the team of the check's definition
];

/** Decides whether a pull request's code may be built for a check without further approval, and by which rule. */
export function decideTrust(
  trust: ResolvedCheck["trust"],
  pullRequest: PullRequest,
  teams: ReadonlyMap<string, ReadonlySet<string>>,
): TrustDecision {
  for (const [rule, reasonOf] of rules) {
    const because = reasonOf({ trust, pullRequest, teams });
    if (because !== undefined) return { trusted: true, rule, because };
  }
  return { trusted: false, because: distrustReason({ trust, pullRequest, teams }) };
}

/**
 * By default (`Strict`), an approval of the head commit by an owner, a member or a collaborator counts. These are also
 * the authors whose pull requests are built without approval. GitHub's listing shows the association of a reviewer.
 * In a public repository, every GitHub user can approve: `AnyCommit` and `HeadCommit` accept any reviewer.
 */
function approvalReason({ trust, pullRequest: { approvals, head } }: Facts): string | undefined {
  if (trust.approvals === "AnyCommit") return approvals.length > 0 ? "it has an approving review" : undefined;
  const ofHead = approvals.filter(({ commit }) => commit === head.commit);
  if (trust.approvals === "HeadCommit")
    return ofHead.length > 0 ? "its head commit has an approving review" : undefined;
  const reviewer = ofHead.find(({ association }) => associations.has(association));
  return reviewer && `its head commit has an approving review by a reviewer with association ${reviewer.association}`;
}

function associationReason({ trust, pullRequest: { author, association } }: Facts): string | undefined {
  if (associations.has(association)) return `its author ${author} is ${association} of the repository`;
  if (association === "CONTRIBUTOR" && trust.collaborators) return `its author ${author} has contributed before`;
  return undefined;
}

function userReason({ trust, pullRequest: { author } }: Facts): string | undefined {
  return trust.users.some((user) => isAccount(user.trim().replace(/^@/, ""), author))
    ? `its author ${author} is among trust.users`
    : undefined;
}

function teamReason({ trust, pullRequest: { author }, teams }: Facts): string | undefined {
  if (trust.team === undefined) return undefined;
  const members = [...(teams.get(trust.team.toLowerCase()) ?? [])];
  return members.some((login) => isAccount(login, author))
    ? `its author ${author} is in the team ${trust.team}`
    : undefined;
}

/**
 * Whether `name` is the login of the account. GitHub ignores the case of logins. A bot `x[bot]` is also known as `x`.
 * The name `x[bot]` never means the person `x`: everybody can register a login that equals the name of a bot.
 */
function isAccount(name: string, login: string): boolean {
  return !isSameName(login, ghost) && (isSameName(name, login) || isSameName(`${name}[bot]`, login));
}

function distrustReason({ trust, pullRequest: { author, association, approvals } }: Facts): string {
  const subject = `its author ${author} (${association}) is not trusted`;
  if (trust.approvals === "HeadCommit" && approvals.length > 0)
    return `${subject} and only earlier commits were approved`;
  if (trust.approvals === "Strict" && approvals.length > 0)
    return `${subject} and no owner, member or collaborator has approved its head commit`;
  return `${subject} and no review approves it`;
}
