import type { Verdict } from "../../../api/objects/build.ts";
import { truncate } from "../log/line.ts";
import { commentHashOf } from "./commentHash.ts";

/** The longest comment that GitHub accepts, in characters. */
const maxBody = 65_536;

const tooBig =
  "Your pull request exceeded the allowed size. If you need to commit large files, [have a look here](http://alisw.github.io/git-advanced/#how-to-use-large-data-files-for-analysis).";

/** A comment on a pull request. */
export interface Comment {
  /** The first comment with this prefix is edited. There is one per check and commit, possibly written by ali-bot. */
  readonly prefix: string;
  readonly body: string;
  /** Equal for comments with the same findings. */
  readonly hash: string;
}

/** The comment for a verdict; undefined unless the result is `Failure` or `TooBig`. */
export function commentOn(check: string, verdict: Omit<Verdict, "silent">): Comment | undefined {
  const text =
    verdict.result === "Failure" ? failureText(verdict) : verdict.result === "TooBig" ? `${tooBig}\n` : undefined;
  if (text === undefined) return undefined;
  const prefix = `Error while checking ${withoutMentions(check)} for ${verdict.commit}`;
  const at = verdict.finishedAt.slice(0, 16).replace("T", " ");
  return { prefix, body: `${prefix} at ${at}:\n\n${text}`, hash: commentHashOf(text) };
}

function failureText({ excerpt = "", log }: Omit<Verdict, "silent">): string {
  const link = log === undefined ? "" : `Full log [here](${log.url}).\n`;
  const text = truncate(excerpt, maxBody - link.length - 1000);
  return text === "" ? link : `${codeBlock(text)}\n${link}`;
}

/** The text as a code block. The fence is longer than any run of backticks, so the text cannot end the block. */
function codeBlock(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}\n${text}\n${fence}\n`;
}

/** The check name without mentions of users and references to issues. */
function withoutMentions(name: string): string {
  return name.replace(/[@#]/g, "$&\u200b");
}
