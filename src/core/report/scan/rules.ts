import type { FindingClass } from "../../../api/cell/event.ts";

/** One way a line of a log is worth showing. A class may have several, with different context. */
export interface Rule {
  readonly class: FindingClass;
  /** Tried on one line without colour and without its line end. Bounded repetitions keep it linear on hostile lines. */
  readonly pattern: RegExp;
  /** Lines of context shown before it. */
  readonly before: number;
  /** Lines of context shown after it; Infinity for the rest of the file, which then counts as found too. */
  readonly after: number;
  /** Whether the matching line belongs in the excerpt of a comment. */
  readonly preview: boolean;
  /** Logs in which it is looked for. */
  readonly logs: "all" | "important" | "exceptCodeChecks";
}

const shown = { before: 3, after: 3, preview: true, logs: "all" } as const;
const alone = { before: 0, after: 0, preview: true, logs: "all" } as const;
/** Code checks end in a list of findings: everything from its banner on, appended to the excerpt as a whole. */
const list = { before: 0, after: Number.POSITIVE_INFINITY, preview: false, logs: "all" } as const;

/**
 * The classes of ali-bot's error report. `100% tests passed` is no error here, though it was there.
 * A tail of `make…: ***` is asked for, since recipes are echoed with stars of their own.
 */
export const rules: readonly Rule[] = [
  { ...shown, class: "killed", pattern: /fatal error: Killed signal terminated program/ },
  { ...shown, class: "cmake", pattern: /^CMake Error/, before: 0, after: 10 },
  { ...list, class: "codecheck", pattern: /^=+ List of errors found =+$/ },
  { ...list, class: "physicscheck", pattern: /^=+ List of issues found =+$/ },
  { ...alone, class: "unittest", pattern: /Test +#\d{1,9}: .{0,400}\*\*\*(?:Failed|Timeout|Exception)/ },
  { ...alone, class: "unittest", pattern: /(?<!\b100)% tests passed/ },
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
 * Every line that a rule matches contains one of these, so that the rules themselves see few lines. An escape character is
 * among them because colour may stand inside the words.
 */
export const screen =
  /error:|Error(?::| in | - )|CMake Error|ERROR[:\]]|\[FATAL\]|\*\*\*|-> FAILED|build stopped: |warning:|Warning[: ]|tests passed|List of (?:errors|issues)|task timeout|critical problem|nonzero exit|Exception enc|\x1b/g;

const codeCheckLog = /(?:^|\/)(?:o2checkcode|O2Physics-code-check)-latest[^/]*\/log$/;

/** The rules for one log, by its path. aliBuild's record of failed downloads is shown as it is and searched for nothing. */
export function rulesFor(path: string, isImportant: boolean): readonly Rule[] {
  if (isFetchLog(path)) return [];
  return rules.filter(({ logs }) => logs === "all" || (logs === "important" ? isImportant : !codeCheckLog.test(path)));
}

/** Whether the file is aliBuild's record of downloads that failed. */
export function isFetchLog(path: string): boolean {
  return /(?:^|\/)fetch-log\.txt$/.test(path);
}
