import type { Verdict, VerdictResult } from "../../../api/objects/build.ts";
import { truncate } from "../log/line.ts";
import { commentHashOf } from "./commentHash.ts";

/** The longest comment that GitHub accepts, in characters. */
const maxBody = 65_536;

const tooBig =
  "Your pull request exceeded the allowed size. If you need to commit large files, [have a look here](http://alisw.github.io/git-advanced/#how-to-use-large-data-files-for-analysis).";

/** Results with a comment on the pull request. `DoctorError` has one only if aliBuild said something. */
export const commentedResults: ReadonlySet<VerdictResult> = new Set(["Failure", "TooBig", "DoctorError"]);

/** A comment on a pull request. */
export interface Comment {
  /** The beginning of the text. Other tools read it, and a comment of ali-bot has it without a marker. */
  readonly prefix: string;
  /** Hidden text at the end. There is one comment per check and commit. */
  readonly marker: string;
  readonly body: string;
  /** Equal for comments with the same findings. */
  readonly hash: string;
}

/** The comment for a verdict; undefined if its result has none. */
export function commentOn(check: string, verdict: Omit<Verdict, "silent">): Comment | undefined {
  const text = textOf(verdict);
  if (text === undefined) return undefined;
  const prefix = `Error while checking ${withoutMentions(check)} for ${verdict.commit}`;
  const at = verdict.finishedAt.slice(0, 16).replace("T", " ");
  const marker = markerOf(check, verdict.commit);
  const body = `${prefix} at ${at}:\n\n${text}${mergedText(verdict)}\n${marker}\n`;
  return { prefix, marker, body, hash: commentHashOf(text) };
}

function textOf(verdict: Omit<Verdict, "silent">): string | undefined {
  const { result, excerpt = "" } = verdict;
  if (!commentedResults.has(result) || (result === "DoctorError" && excerpt === "")) return undefined;
  return result === "TooBig" ? `${tooBig}\n` : failureText(verdict);
}

/** A comment of HTML that no browser shows. No name of a check can end it. */
function markerOf(check: string, commit: string): string {
  return `<!-- builderpool ${encodeURIComponent(check).replaceAll("-", "%2D")} ${commit} -->`;
}

/** The commits that the pull request was built with. They do not count as a change of the comment. */
function mergedText({ sources = [] }: Omit<Verdict, "silent">): string {
  if (sources.length === 0) return "";
  const list = sources.map(({ repository, commit }) => `\`${repository}\` at \`${commit.slice(0, 10)}\``);
  return `Merged and built with ${list.join(", ")}.\n`;
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
