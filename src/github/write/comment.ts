import { z } from "zod";
import type { CommentWrite } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";

const perPage = 100;
const Comment = z.object({ id: z.union([z.int(), z.bigint()]), body: z.string().nullish() });
type Comment = z.infer<typeof Comment>;

/** Posts our comment, or edits the existing comment. Reads first: no second comment after a lost reply. */
export async function upsertComment(
  transport: Transport,
  comment: CommentWrite,
  signal: AbortSignal,
): Promise<{ readonly written: boolean }> {
  const { repository, number, body } = comment;
  const ours = await findOurs(transport, comment, signal);
  if (ours?.body === body) return { written: false };
  await transport.send({
    ...(ours === undefined
      ? { method: "POST", path: `/repos/${repository}/issues/${number}/comments` }
      : { method: "PATCH", path: `/repos/${repository}/issues/comments/${ours.id}` }),
    body: { body },
    kind: "write",
    isSeen: ours === undefined,
    what: `a comment on ${repository}#${number}`,
    signal,
  });
  return { written: true };
}

/** Requests pages by number. GitHub's absolute links would bypass a broker. */
async function findOurs(
  transport: Transport,
  { repository, number, prefix }: CommentWrite,
  signal: AbortSignal,
): Promise<Comment | undefined> {
  const what = `the comments on ${repository}#${number}`;
  for (let page = 1; ; page += 1) {
    const reply = await transport.send({
      method: "GET",
      path: `/repos/${repository}/issues/${number}/comments`,
      query: { per_page: perPage, page },
      kind: "write",
      what,
      signal,
    });
    const comments = parseReply(z.array(Comment), reply.body, what);
    const ours = comments.find(({ body }) => body?.startsWith(prefix));
    if (ours !== undefined || comments.length < perPage) return ours;
  }
}
