import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { sha } from "./build.ts";

export function aPullRequest(
  fields: Partial<Omit<PullRequest, "head">> & Partial<PullRequest["head"]> = {},
): PullRequest {
  const { commit, committedAt, statuses, ...rest } = fields;
  const number = fields.number ?? 1;
  return {
    number,
    title: "A change",
    isDraft: false,
    createdAt: "2023-06-01T00:00:00Z",
    author: "alice",
    association: "MEMBER",
    labels: [],
    approvals: [],
    head: {
      commit: commit ?? sha(number),
      committedAt: committedAt ?? "2024-01-01T00:00:00Z",
      statuses: statuses ?? [],
    },
    ...rest,
  };
}
