import type { Findings } from "../../../api/cell/event.ts";
import { truncate } from "../log/line.ts";
import { failedTestsIn } from "./failedTest.ts";

/** The longest description of a commit status, in characters. */
const longest = 140;
const endings = { Failed: "failed", Timeout: "timed out", Exception: "crashed" } as const;
/** Directories before the last two parts of a path: they name the builder's disk and not the pull request. */
const directories = /(?:^|(?<=[\s('"`]))\/?(?:[^\s/:'"`]{1,200}\/){2,}(?=[^\s/:'"`]{1,200}\/[^\s/:'"`]{1,200}:\d)/;

/** The first failed test or error for the commit status, in at most 140 characters. Empty if nothing was found. */
export function firstErrorOf(findings: Findings | undefined): string {
  const sections = findings?.sections.filter(({ class: name }) => name !== "warning") ?? [];
  if (sections.length === 0) return "";
  const found = findings?.preview.filter((line) => !line.startsWith("## ")) ?? [];
  const tests = failedTestsIn(found);
  const [test] = tests;
  if (test !== undefined) {
    const more = tests.length === 1 ? "" : ` and ${tests.length - 1} more`;
    return truncate(`Test ${test.name} ${endings[test.result]}${more}`, longest);
  }
  const line = found.find((text) => text.trim() !== "") ?? "";
  return truncate(line.trim().replace(directories, ""), longest);
}
