import type { Reported } from "../../../api/objects/build.ts";
import { truncate } from "../log/line.ts";
import type { PlannedStatus, ReportPlan } from "./plan.ts";

/** What became of a write: GitHub has it, or refused it for good. */
export interface WriteResult {
  /** Whether GitHub's record grew; false when it had that already. */
  readonly written: boolean;
  /** Why GitHub refused it. */
  readonly refused?: string;
}

/** The reporter's record after a status. A refused one is on record like the others, so that it is not tried again and again. */
export function recordStatus(
  before: Reported | undefined,
  { commit, request, state, description, url }: PlannedStatus,
  { written, refused }: WriteResult,
  at: string,
): Reported {
  const same = before?.commit === commit ? before : undefined;
  return {
    commit,
    request,
    state,
    description,
    url,
    at,
    writes: (same?.writes ?? 0) + (written ? 1 : 0),
    ...(refused !== undefined && { refused: truncate(refused, 300) }),
    ...(same?.commented !== undefined && { commented: same.commented }),
  };
}

/** The reporter's record after a comment; unchanged when it is about another commit by now. */
export function recordComment(
  before: Reported | undefined,
  { commit, hash }: NonNullable<ReportPlan["comment"]>,
  { refused }: WriteResult,
): Reported | undefined {
  if (before?.commit !== commit) return before;
  return { ...before, commented: hash, ...(refused !== undefined && { refused: truncate(refused, 300) }) };
}
