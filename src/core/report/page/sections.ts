import type { FindingClass, Findings } from "../../../api/cell/event.ts";
import { failedTestsIn } from "../scan/failedTest.ts";
import { rules } from "../scan/rules.ts";

type FoundSection = Findings["sections"][number];

/** The heading of one class of findings on the result page. */
export interface SectionTitle {
  readonly title: string;
  readonly tone: "bad" | "warn";
  /** An explanation above the lines; plain text. */
  readonly note?: string;
}

/** The headings of all classes of findings. */
export const sectionTitles: Readonly<Record<FindingClass, SectionTitle>> = {
  fetch: { title: "Failed downloads", tone: "bad" },
  killed: {
    title: "Compiler killed",
    tone: "bad",
    note: "The system killed the compiler, usually because the machine ran out of memory. A rebuild may help. Otherwise split files that need a lot of memory.",
  },
  cmake: { title: "CMake errors", tone: "bad" },
  codecheck: { title: "O2 code checker", tone: "bad" },
  physicscheck: { title: "O2Physics code check", tone: "bad" },
  unittest: { title: "Unit tests", tone: "bad" },
  systemtest: { title: "Full system test", tone: "bad" },
  xjalienfs: { title: "xjalienfs", tone: "bad" },
  error: { title: "Errors", tone: "bad" },
  warning: { title: "Warnings", tone: "warn" },
};

/** The lines of one file in a section. */
export interface Block {
  readonly path: string;
  /** `undefined` marks a gap between two blocks of lines. */
  readonly lines: readonly (string | undefined)[];
}

/** The lines of a section, grouped by file. The scanner writes a header line before each file. */
export function blocksOf({ lines }: FoundSection): readonly Block[] {
  const blocks: { path: string; lines: (string | undefined)[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("## ")) blocks.push({ path: line.slice(3), lines: [] });
    else blocks.at(-1)?.lines.push(line === "--" ? undefined : line);
  }
  return blocks;
}

/** Whether a line matches the class, and is not context. */
export function isFound(name: FindingClass, line: string): boolean {
  return rules.some((rule) => rule.class === name && rule.pattern.test(line));
}

/**
 * The number of tests or lines of the class in the logs, including omitted lines. Each failed test counts once. The
 * summary of a test run and the banner of a list do not count.
 */
export function countOf(section: FoundSection): number {
  const lines = section.lines.filter((line) => !line.startsWith("## "));
  const isList = ["fetch", "codecheck", "physicscheck"].includes(section.class);
  const found = lines.filter((line) => isFound(section.class, line) !== isList);
  const tests = section.class === "unittest" ? failedTestsIn(found) : [];
  if (tests.length > 0) return tests.length + section.omitted;
  return found.length + section.omitted;
}
