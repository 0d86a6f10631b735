import type { Reported } from "../../../api/objects/build.ts";
import { truncate } from "../log/line.ts";
import type { PlannedStatus, ReportPlan } from "./plan.ts";

/** The outcome of a write: GitHub stored it or refused it permanently. */
export interface WriteResult {
  /** Whether GitHub stored something new; false if it already had the same content. */
  readonly written: boolean;
  /** The reason for the refusal. */
  readonly refused?: string;
}

/** The reporter's record after a status write. A refused status is recorded too, so that it is not retried forever. */
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

/** The reporter's record after a comment; unchanged if the record is now about another commit. */
export function recordComment(
  before: Reported | undefined,
  { commit, hash }: NonNullable<ReportPlan["comment"]>,
  { refused }: WriteResult,
): Reported | undefined {
  if (before?.commit !== commit) return before;
  return { ...before, commented: hash, ...(refused !== undefined && { refused: truncate(refused, 300) }) };
}
