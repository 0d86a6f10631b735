import type { FindingClass } from "../../../api/cell/event.ts";

/** A pattern for log lines to show. A class may have several rules with different context. */
export interface Rule {
  readonly class: FindingClass;
  /** Matched against one line without colours and line end. Bounded repetitions keep it linear on hostile lines. */
  readonly pattern: RegExp;
  /** Number of context lines before the match. */
  readonly before: number;
  /** Number of context lines after the match. With Infinity, the rest of the file follows and counts as found. */
  readonly after: number;
  /** Whether a match belongs in the excerpt of a comment. */
  readonly preview: boolean;
  /** The logs that the rule applies to. */
  readonly logs: "all" | "important" | "exceptCodeChecks";
}

const shown = { before: 3, after: 3, preview: true, logs: "all" } as const;
const alone = { before: 0, after: 0, preview: true, logs: "all" } as const;
/** Code checks end with a list of findings. Everything from the banner on is appended to the excerpt. */
const list = { before: 0, after: Number.POSITIVE_INFINITY, preview: false, logs: "all" } as const;

/**
 * The classes of ali-bot's error report, except that `100% tests passed` is no error here. The pattern `make…: ***`
 * needs a target or message after the colon, because echoed recipes may contain stars too.
 */
export const rules: readonly Rule[] = [
  { ...shown, class: "killed", pattern: /fatal error: Killed signal terminated program/ },
  { ...shown, class: "cmake", pattern: /^CMake Error/, before: 0, after: 10 },
  { ...list, class: "codecheck", pattern: /^=+ List of errors found =+$/ },
  { ...list, class: "physicscheck", pattern: /^=+ List of issues found =+$/ },
  // ctest prints the output of a failed test after this line. With several processes the end stands before it.
  {
    ...shown,
    class: "unittest",
    pattern: /Test +#\d{1,9}: .{0,400}\*\*\*(?:Failed|Timeout|Exception)/,
    before: 5,
    after: 20,
  },
  { ...alone, class: "unittest", pattern: /(?<!\b100)% tests passed/, after: 20 },
  { ...shown, class: "systemtest", pattern: /task timeout reached/, after: 0 },
  { ...shown, class: "systemtest", pattern: /Detected critical problem in logfile/, before: 0, after: 20 },
  {
    ...shown,
    class: "systemtest",
    pattern: /^command .* had nonzero exit code \d+$/,
    before: 0,
    after: Number.POSITIVE_INFINITY,
  },
  { ...shown, class: "xjalienfs", pattern: /Exception encountered/, after: 5 },
  {
    ...shown,
    class: "error",
    pattern:
      /: (?:internal compiler |fatal )?error:|^Error(?::| in )|^ERROR: | !!! Error - | -> FAILED|ninja: build stopped: |make\S{0,40}: (?:\S{1,300} )?\*\*\*|\[(?:ERROR|FATAL)\]/,
    logs: "exceptCodeChecks",
  },
  {
    ...shown,
    class: "warning",
    pattern: /: warning:|^Warning: (?!Unused direct dependencies:$)| {2}! {2}Warning - /,
    preview: false,
    logs: "important",
  },
];

/**
 * Prefilter: every line that matches a rule also matches this expression, so the rules run on few lines. The escape
 * character is included because a colour code may split a word.
 */
export const screen =
  /error:|Error(?::| in | - )|CMake Error|ERROR[:\]]|\[FATAL\]|\*\*\*|-> FAILED|build stopped: |warning:|Warning[: ]|tests passed|List of (?:errors|issues)|task timeout|critical problem|nonzero exit|Exception enc|\x1b/g;

const codeCheckLog = /(?:^|\/)(?:o2checkcode|O2Physics-code-check)-latest[^/]*\/log$/;

/** The rules for the log at a path. None for aliBuild's record of failed downloads, because it is shown unchanged. */
export function rulesFor(path: string, isImportant: boolean): readonly Rule[] {
  if (isFetchLog(path)) return [];
  return rules.filter(({ logs }) => logs === "all" || (logs === "important" ? isImportant : !codeCheckLog.test(path)));
}

/** Whether the file is aliBuild's record of failed downloads. */
export function isFetchLog(path: string): boolean {
  return /(?:^|\/)fetch-log\.txt$/.test(path);
}
