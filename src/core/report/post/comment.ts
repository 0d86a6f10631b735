import type { Verdict } from "../../../api/objects/build.ts";
import { truncate } from "../log/line.ts";
import { commentHashOf } from "./commentHash.ts";

/** GitHub refuses longer comments. */
const maxBody = 65_536;

const tooBig =
  "Your pull request exceeded the allowed size. If you need to commit large files, [have a look here](http://alisw.github.io/git-advanced/#how-to-use-large-data-files-for-analysis).";

export interface Comment {
  /** The first comment that starts so is the one to edit: one for each check and commit, also if ali-bot wrote it. */
  readonly prefix: string;
  readonly body: string;
  /** Equal for comments that say the same. */
  readonly hash: string;
}

/** The comment that a verdict deserves when comments are wanted; undefined for all but a failed build and one that is too big. */
export function commentOn(check: string, verdict: Omit<Verdict, "silent">): Comment | undefined {
  const text =
    verdict.result === "Failure" ? failure(verdict) : verdict.result === "TooBig" ? `${tooBig}\n` : undefined;
  if (text === undefined) return undefined;
  const prefix = `Error while checking ${inert(check)} for ${verdict.commit}`;
  const at = verdict.finishedAt.slice(0, 16).replace("T", " ");
  return { prefix, body: `${prefix} at ${at}:\n\n${text}`, hash: commentHashOf(text) };
}

function failure({ excerpt = "", log }: Omit<Verdict, "silent">): string {
  const link = log === undefined ? "" : `Full log [here](${log.url}).\n`;
  const text = truncate(excerpt, maxBody - link.length - 1000);
  return text === "" ? link : `${fenced(text)}\n${link}`;
}

/** A code block that nothing in the text can end: its fence is longer than any run of backticks in it. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}\n${text}\n${fence}\n`;
}

/** A check name that mentions nobody and refers to nothing. */
function inert(name: string): string {
  return name.replace(/[@#]/g, "$&\u200b");
}
