import type { ResolvedCheck } from "../../../src/api/objects/check.ts";
import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";

/** A line of ali-bot's list: the group, the pull request, and the start of waiting in seconds since 1970. */
export interface Row {
  readonly type: "untested" | "failed" | "succeeded";
  readonly number: number;
  readonly since: number;
}

/**
 * A port of ali-bot's lister with `--all-groups`: evaluate each pull request, sort each group by priority label and
 * waiting time, print untested, failed, succeeded. Ties keep the input order.
 */
export function formerList({ name, trust }: ResolvedCheck, pullRequests: readonly PullRequest[]): readonly Row[] {
  const groups: Record<Row["type"], [isUrgent: boolean, waitingSince: string, number: number][]> = {
    untested: [],
    failed: [],
    succeeded: [],
  };
  for (const { number, title, isDraft, createdAt, author, association, labels, approvals, head } of pullRequests) {
    const states = new Map(head.statuses.map(({ context, state }) => [context, state]));
    const always = ["OWNER", "MEMBER", "COLLABORATOR", ...(trust.collaborators ? ["CONTRIBUTOR"] : [])];
    const isTrusted = approvals.length > 0 || always.includes(association) || trust.users.includes(author);
    const isReviewed = states.get("review") === "SUCCESS";
    const isUnfinished = isDraft || title.slice(0, 5) === "[WIP]";
    if (isUnfinished || !(isReviewed || isTrusted)) continue;
    const isTested = ["SUCCESS", "ERROR", "FAILURE"].includes(states.get(name) ?? "");
    const isSuccess = states.get(name) === "SUCCESS";
    const waitingSince = [createdAt, head.committedAt].sort()[1] ?? "";
    const type = !isTested ? "untested" : isSuccess ? "succeeded" : "failed";
    groups[type].push([labels.some((label) => label === "ci-priority"), waitingSince, number]);
  }
  return (["untested", "failed", "succeeded"] as const).flatMap((type) =>
    groups[type]
      .sort(
        ([urgent, since], [other, then]) =>
          Number(other) - Number(urgent) || Number(since > then) - Number(since < then),
      )
      .map(([, since, number]) => ({ type, number, since: Date.parse(since) / 1000 })),
  );
}

/** ali-bot's builds from such a list: all untested ones; else one failed with probability 0.7, or one succeeded. */
export function formerRound(rows: readonly Row[], random: () => number): readonly Row[] {
  const of = (type: Row["type"]) => rows.filter((row) => row.type === type);
  const [untested, failed, succeeded] = [of("untested"), of("failed"), of("succeeded")];
  if (untested.length > 0) return untested;
  const group = failed.length > 0 && (succeeded.length === 0 || random() < 0.7) ? failed : succeeded;
  const one = group[Math.floor(random() * group.length)];
  return one === undefined ? [] : [one];
}
