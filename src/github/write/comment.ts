import { z } from "zod";
import type { CommentWrite } from "../github.ts";
import { parseReply } from "../graphql/graphql.ts";
import type { Transport } from "../http/transport.ts";
import type { IsViewer } from "./viewer.ts";

const perPage = 100;
/** GitHub accepts 2,500 comments on one pull request. A broker may ignore the number of the page. */
const mostPages = 30;
const Comment = z.object({
  id: z.union([z.int(), z.bigint()]),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});
type Comment = z.infer<typeof Comment>;

/**
 * Posts our comment, or edits our earlier comment. Reads first: no second comment after a lost reply. A comment is ours
 * if our account wrote it, and it ends with our marker. Everybody can copy the marker, and people may use our account.
 */
export async function upsertComment(
  transport: Transport,
  isViewer: IsViewer,
  comment: CommentWrite,
  signal: AbortSignal,
): Promise<{ readonly written: boolean }> {
  const { repository, number, body } = comment;
  const ours = await findOurs(transport, isViewer, comment, signal);
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

/**
 * Finds the comment with the marker. Without one, finds the first comment of our account with the prefix: ali-bot and
 * older versions wrote no marker. Requests pages by number, because GitHub's absolute links would bypass a broker.
 */
async function findOurs(
  transport: Transport,
  isViewer: IsViewer,
  { repository, number, prefix, marker }: CommentWrite,
  signal: AbortSignal,
): Promise<Comment | undefined> {
  const what = `the comments on ${repository}#${number}`;
  let older: Comment | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const reply = await transport.send({
      method: "GET",
      path: `/repos/${repository}/issues/${number}/comments`,
      query: { per_page: perPage, page },
      kind: "write",
      what,
      signal,
    });
    const comments = parseReply(z.array(Comment), reply.body, what);
    for (const comment of comments) {
      const { body, user } = comment;
      const isMarked = body?.trimEnd().endsWith(marker) === true;
      const isOlder = older === undefined && body?.startsWith(prefix) === true && !markers.test(body);
      if (!isMarked && !isOlder) continue;
      if (!(await isByUs(user, isMarked, isViewer, signal))) continue;
      if (isMarked) return comment;
      older = comment;
    }
    if (comments.length < perPage) break;
  }
  return older;
}

/** The marker of any check at the end of a comment. */
const markers = /<!-- builderpool \S+ \S+ -->\s*$/;

/** GitHub names every author, and null after the deletion of the account. A broker may leave out the author. */
async function isByUs(
  user: Comment["user"],
  isMarked: boolean,
  isViewer: IsViewer,
  signal: AbortSignal,
): Promise<boolean> {
  if (user === undefined) return isMarked;
  return user !== null && (await isViewer(user.login, signal));
}
