import type { Findings } from "../../../api/cell/event.ts";
import type { MergedSource, VerdictResult } from "../../../api/objects/build.ts";
import { formatDuration } from "../../../api/values/duration.ts";
import { fullLogName, resultName } from "../log/paths.ts";
import { escapeHtml, linkHtml, pageHtml } from "./html.ts";
import { blocksOf, countOf, isFound, sectionTitles } from "./sections.ts";
import { sourceLinesHtml } from "./sourceLines.ts";

/** The content of the result page of one build. Times are ISO 8601. */
export interface ResultFacts {
  readonly result: VerdictResult;
  readonly check: string;
  readonly repository: string;
  readonly number: number;
  readonly title?: string;
  readonly commit: string;
  /** URL of the pull request; by default its page on github.com. */
  readonly pullRequest?: string;
  /** Directory of the repository in the work area. Lines with a file below it link to the file on GitHub. */
  readonly checkout?: string;
  readonly builder: string;
  readonly host?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly findings?: Findings | undefined;
  readonly versions?: Readonly<Record<string, string>> | undefined;
  readonly commands?: readonly string[] | undefined;
  /** Merge base of the pull request and its base branch. */
  readonly mergeBase?: string | undefined;
  /** Base branch, its commit, and the commit that was built. */
  readonly branch?: string;
  readonly baseCommit?: string | undefined;
  readonly mergeCommit?: string | undefined;
  /** The development packages with their commits. */
  readonly sources?: readonly MergedSource[];
  /** The newer base, as a clause, if the build did not use it. */
  readonly olderBase?: string | undefined;
  /** A sentence about files of the pull request that the checkout lacks. */
  readonly missing?: string | undefined;
  /** Other verdicts on the same commit that differ, as a clause. */
  readonly flaky?: string | undefined;
  /** Names of the files with conflicts. */
  readonly conflicts?: readonly string[] | undefined;
  /** Paths of the artifacts, relative to the page. */
  readonly artifacts?: readonly string[];
  /** False if there is no full log next to the page. */
  readonly hasFullLog?: boolean;
}

const headings: Readonly<Record<VerdictResult, string>> = {
  Success: "The build succeeded",
  Failure: "The build failed",
  Conflict: "The build did not start: the pull request conflicts with its base branch",
  TooBig: "The build did not start: the pull request is too big",
  Skipped: "The build was skipped: no file relevant to this check changed",
  DoctorError: "The build did not start: aliBuild doctor found an error",
};

/**
 * The self-contained result page of a build, as HTML. Any text may come from a pull request, so every text is escaped.
 * The errors follow directly after the heading. The facts about the build come last.
 */
export function resultPageOf(facts: ResultFacts): string {
  const isGood = facts.result === "Success" || facts.result === "Skipped";
  const tone = isGood ? "good" : "bad";
  const body = [
    `<h1 class="${tone}">${headings[facts.result]}</h1>`,
    leadHtml(facts),
    olderBaseHtml(facts),
    facts.missing === undefined ? "" : `<p>${escapeHtml(facts.missing)}</p>`,
    contentsHtml(facts),
    conflictsHtml(facts),
    ...(facts.findings?.sections ?? []).map((found) => sectionHtml(found, facts)),
    noErrorsHtml(facts, isGood),
    artifactsHtml(facts),
    `<section id="facts"><h2>${factsTitle}</h2>\n${factsHtml(facts)}</section>`,
  ];
  const heading = `${facts.result} · ${facts.check} · ${facts.repository}#${facts.number}`;
  return pageHtml(heading, body.filter((part) => part !== "").join("\n"), tone);
}

const factsTitle = "How it was built";

/** The subject of the page, in two lines. */
function leadHtml(facts: ResultFacts): string {
  const { repository, number, title, check, commit, builder } = facts;
  const about = linkHtml(pullRequestOf(facts), `${repository}#${number}`);
  const parts = [
    escapeHtml(check),
    `<code>${escapeHtml(commit.slice(0, 10))}</code>`,
    escapeHtml(`${spanOf(facts)} on ${builder}`),
    escapeHtml(readableTime(facts.finishedAt)),
    ...(facts.hasFullLog === false ? [] : [linkHtml(fullLogName, "full log")]),
  ];
  return `<p class="lead">${about}${title === undefined ? "" : ` ${escapeHtml(title)}`}<br>
<span class="quiet">${parts.join(" · ")}</span></p>`;
}

function olderBaseHtml({ olderBase }: ResultFacts): string {
  if (olderBase === undefined) return "";
  return `<p class="warn">This result answers an older base: ${escapeHtml(olderBase)}. A recheck uses the new base.</p>`;
}

function factsHtml(facts: ResultFacts): string {
  const { repository, number, commit, builder, host } = facts;
  const rows: (readonly [string, string])[] = [
    ["Pull request", linkHtml(pullRequestOf(facts), `${repository}#${number}`)],
    ["Commit", `<code>${escapeHtml(commit)}</code>`],
    ...(facts.mergeBase === undefined ? [] : [["Merge base", `<code>${escapeHtml(facts.mergeBase)}</code>`] as const]),
    ...mergedRows(facts),
    ...(facts.flaky === undefined ? [] : [["Other verdicts", escapeHtml(facts.flaky)] as const]),
    ["Started", escapeHtml(readableTime(facts.startedAt))],
    ["Finished", escapeHtml(`${readableTime(facts.finishedAt)}, after ${spanOf(facts)}`)],
    ["Builder", escapeHtml(host === undefined ? builder : `${builder} on ${host}`)],
    ...(facts.hasFullLog === false ? [] : [["Full log", linkHtml(fullLogName, fullLogName)] as const]),
    ...Object.entries(facts.versions ?? {}).map(([name, version]) => [escapeHtml(name), escapeHtml(version)] as const),
    ...(facts.commands ?? []).map((command) => ["Command", `<code>${escapeHtml(command)}</code>`] as const),
  ];
  return `<dl class="facts">${rows.map(([term, text]) => `<dt>${term}</dt><dd>${text}</dd>`).join("\n")}</dl>`;
}

/** The commits that the pull request was merged and built with. */
function mergedRows({ branch, baseCommit, mergeCommit, sources = [] }: ResultFacts): (readonly [string, string])[] {
  const codeOf = (commit: string) => `<code>${escapeHtml(commit)}</code>`;
  return [
    ...(baseCommit === undefined
      ? []
      : [["Merged into", `${escapeHtml(branch ?? "the base branch")} at ${codeOf(baseCommit)}`] as const]),
    ...(mergeCommit === undefined ? [] : [["Merge commit", codeOf(mergeCommit)] as const]),
    ...sources
      .filter(({ commit }) => commit !== baseCommit)
      .map(({ repository, commit }) => ["Built with", `${escapeHtml(repository)} at ${codeOf(commit)}`] as const),
    ...(sources.length === 0 ? [] : [["For scripts", linkHtml(resultName, resultName)] as const]),
  ];
}

function pullRequestOf({ pullRequest, repository, number }: ResultFacts): string {
  return pullRequest ?? `https://github.com/${repository}/pull/${number}`;
}

function spanOf({ startedAt, finishedAt }: ResultFacts): string {
  return formatDuration(Date.parse(finishedAt) - Date.parse(startedAt));
}

/** The table of contents. It stays visible while scrolling. Empty for a page without sections. */
function contentsHtml({ findings, artifacts = [], conflicts = [] }: ResultFacts): string {
  const files = `<li class="bad"><a href="#conflicts">Files with conflicts ${badgeHtml(conflicts.length)}</a></li>`;
  const sections = (findings?.sections ?? []).map((found) => {
    const { title, tone } = sectionTitles[found.class];
    return `<li class="${tone}"><a href="#${found.class}">${title} ${badgeHtml(countOf(found))}</a></li>`;
  });
  const items = conflicts.length === 0 ? sections : [files, ...sections];
  if (artifacts.length > 0) items.push(`<li><a href="#artifacts">Artifacts ${badgeHtml(artifacts.length)}</a></li>`);
  if (items.length === 0) return "";
  items.push(`<li><a href="#facts">${factsTitle}</a></li>`);
  return `<nav aria-label="Contents"><ul>${items.join("")}</ul></nav>`;
}

function sectionHtml(found: Findings["sections"][number], facts: ResultFacts): string {
  const { title, tone, note } = sectionTitles[found.class];
  const files = blocksOf(found).map(({ path, lines }) => {
    const shown = lines.map((line) => (line === undefined ? "<hr>" : lineHtml(found.class, line, facts)));
    return `<h3>${escapeHtml(path)}</h3>\n<pre tabindex="0">${shown.join("")}</pre>`;
  });
  const omitted =
    found.omitted === 0 ? "" : `<p class="quiet">${found.omitted} more in the ${linkHtml(fullLogName, "full log")}</p>`;
  return `<section id="${found.class}" class="${tone}"><h2>${title} ${badgeHtml(countOf(found))}</h2>
${note === undefined ? "" : `<p>${escapeHtml(note)}</p>\n`}${files.join("\n")}${omitted}</section>`;
}

/** A line of a section. A found line is a separate block with line breaks, so that it is readable without scrolling. */
function lineHtml(name: Findings["sections"][number]["class"], line: string, facts: ResultFacts): string {
  const text = `${sourceLinesHtml(line, { ...facts, pullRequest: pullRequestOf(facts) })}\n`;
  return isFound(name, line) ? `<mark>${text}</mark>` : text;
}

/** The end of the newest log, for a failed build without found errors. The cause is usually there. */
function noErrorsHtml({ findings, result }: ResultFacts, isGood: boolean): string {
  const hasNoErrors = findings === undefined || findings.sections.every(({ class: name }) => name === "warning");
  if (isGood || !hasNoErrors || (result !== "Failure" && result !== "DoctorError")) return "";
  const end = findings?.preview ?? [];
  const text = end.length === 0 ? "" : `<pre tabindex="0">${end.map((line) => `${escapeHtml(line)}\n`).join("")}</pre>`;
  return `<section id="end"><h2>No errors found in the logs</h2>
<p>No line matches a known error. The end of the newest log follows; the ${linkHtml(fullLogName, "full log")} is complete.</p>${text}</section>`;
}

/** The files with conflicts, with what the author does about them. */
function conflictsHtml({ conflicts = [] }: ResultFacts): string {
  if (conflicts.length === 0) return "";
  const items = conflicts.map((path) => `<li><code>${escapeHtml(path)}</code></li>`);
  return `<section id="conflicts" class="bad"><h2>Files with conflicts ${badgeHtml(conflicts.length)}</h2>
<p>Rebase the pull request, or merge its base branch, and resolve the conflicts in these files.</p><ul>${items.join("\n")}</ul></section>`;
}

function artifactsHtml({ artifacts: paths = [] }: ResultFacts): string {
  if (paths.length === 0) return "";
  const items = paths.map((path) => `<li>${linkHtml(path.split("/").map(encodeURIComponent).join("/"), path)}</li>`);
  return `<section id="artifacts"><h2>Artifacts ${badgeHtml(paths.length)}</h2><ul>${items.join("\n")}</ul></section>`;
}

function badgeHtml(count: number): string {
  return `<span class="count">${count.toLocaleString("en")}</span>`;
}

function readableTime(instant: string): string {
  return `${instant.slice(0, 19).replace("T", " ")} UTC`;
}
