import { z } from "zod";
import { isSameName } from "../../api/values/gitHubName.ts";
import { GitHubError, type StatusWrite } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";

const perPage = 100;
const mostPages = 100;
const Combined = z.object({
  statuses: z.array(
    z.object({
      context: z.string(),
      state: z.string(),
      description: z.string().nullish(),
      target_url: z.string().nullish(),
    }),
  ),
});
type Status = z.infer<typeof Combined>["statuses"][number];

/**
 * Writes a commit status unless the newest status of its context is the same already. Does not retry: after a cut
 * connection the caller calls again, and the read shows whether GitHub applied the write.
 */
export async function setStatus(
  transport: Transport,
  status: StatusWrite,
  signal: AbortSignal,
): Promise<{ readonly written: boolean }> {
  const { repository, commit, context, state, description, url } = status;
  const newest = await newestStatus(transport, status, signal).catch(unreadableIfNotFound);
  const isSeen = newest !== "unreadable";
  // GitHub returns null or the empty text for a status without a link.
  const text = (value: string | null | undefined) => value ?? "";
  const before = isSeen ? newest : undefined;
  if (before?.state === state && text(before.description) === description && text(before.target_url) === url) {
    return { written: false };
  }
  await transport.send({
    method: "POST",
    path: `/repos/${repository}/statuses/${commit}`,
    body: { state, context, description, ...(url === "" ? {} : { target_url: url }) },
    kind: "write",
    isSeen,
    what: `status ${context} of ${repository}@${commit.slice(0, 10)}`,
    signal,
  });
  return { written: true };
}

/** A broker may offer the write without the read. If the repository is invisible, GitHub refuses the write as well. */
function unreadableIfNotFound(error: unknown): "unreadable" {
  if (!(error instanceof GitHubError && error.code === "NotFound")) throw error;
  return "unreadable";
}

/**
 * Reads the combined status: the newest status of each context. The full list may have ten thousand. A broker may ignore
 * the number of the page, so the pages have a bound. Beyond the bound, the status counts as new.
 */
async function newestStatus(
  transport: Transport,
  { repository, commit, context }: StatusWrite,
  signal: AbortSignal,
): Promise<Status | undefined> {
  const what = `the statuses of ${repository}@${commit.slice(0, 10)}`;
  for (let page = 1; page <= mostPages; page += 1) {
    const reply = await transport.send({
      method: "GET",
      path: `/repos/${repository}/commits/${commit}/status`,
      query: { per_page: perPage, page },
      kind: "write",
      what,
      signal,
    });
    const { statuses } = parseReply(Combined, reply.body, what);
    const found = statuses.find((status) => isSameName(status.context, context));
    if (found !== undefined || statuses.length < perPage) return found;
  }
  return undefined;
}
