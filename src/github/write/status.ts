import { z } from "zod";
import { GitHubError, type StatusWrite } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";

const perPage = 100;
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
 * Writes a commit status unless the newest of its context says the same already. Tried once: after a cut connection the caller
 * comes again, and sees whether GitHub had applied it.
 */
export async function setStatus(
  transport: Transport,
  status: StatusWrite,
  signal: AbortSignal,
): Promise<{ readonly written: boolean }> {
  const { repository, commit, context, state, description, url } = status;
  const newest = await newestStatus(transport, status, signal).catch(unlessOffered);
  const isSeen = newest !== "unseen";
  // A status without a link comes back with null, or with the empty text it was written with.
  const text = (value: string | null | undefined) => value ?? "";
  const says = isSeen ? newest : undefined;
  if (says?.state === state && text(says.description) === description && text(says.target_url) === url) {
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

/** A broker may offer the write without the look; a commit that is gone is refused at the write as well. */
function unlessOffered(error: unknown): "unseen" {
  if (!(error instanceof GitHubError && error.code === "NotFound")) throw error;
  return "unseen";
}

/** The combined status shows the newest of each context: one page, where the list of all may have ten thousand. */
async function newestStatus(
  transport: Transport,
  { repository, commit, context }: StatusWrite,
  signal: AbortSignal,
): Promise<Status | undefined> {
  const what = `the statuses of ${repository}@${commit.slice(0, 10)}`;
  for (let page = 1; ; page += 1) {
    const answer = await transport.send({
      method: "GET",
      path: `/repos/${repository}/commits/${commit}/status`,
      query: { per_page: perPage, page },
      kind: "write",
      what,
      signal,
    });
    const { statuses } = parseReply(Combined, answer.body, what);
    const found = statuses.find((status) => status.context === context);
    if (found !== undefined || statuses.length < perPage) return found;
  }
}
