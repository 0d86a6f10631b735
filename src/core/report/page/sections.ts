import type { FindingClass, Findings } from "../../../api/cell/event.ts";
import { rules } from "../scan/rules.ts";

type FoundSection = Findings["sections"][number];

/** How a class of findings is presented on the result page, in the page's order. */
export interface SectionTitle {
  readonly title: string;
  readonly tone: "bad" | "warn";
  /** What people should know before they read the lines; plain text. */
  readonly note?: string;
}

export const sectionTitles: Readonly<Record<FindingClass, SectionTitle>> = {
  fetch: { title: "Downloads that failed", tone: "bad" },
  killed: {
    title: "Compiler killed",
    tone: "bad",
    note: "The compiler was killed by the system, most often because the machine ran out of memory. Building again may help; a file that needs very much memory should be split.",
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

/** One file's part of a section. */
export interface Block {
  readonly path: string;
  /** `undefined` stands between blocks that do not touch. */
  readonly lines: readonly (string | undefined)[];
}

/** A section's lines by file. The scanner puts a header before each file. */
export function blocksOf({ lines }: FoundSection): readonly Block[] {
  const blocks: { path: string; lines: (string | undefined)[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("## ")) blocks.push({ path: line.slice(3), lines: [] });
    else blocks.at(-1)?.lines.push(line === "--" ? undefined : line);
  }
  return blocks;
}

/** Whether a line is what the class looks for, rather than context. */
export function isFound(name: FindingClass, line: string): boolean {
  return rules.some((rule) => rule.class === name && rule.pattern.test(line));
}

/** How many lines of the class the logs hold, those that did not fit included. A list counts without its banner. */
export function countOf(section: FoundSection): number {
  const lines = section.lines.filter((line) => !line.startsWith("## "));
  const isList = ["fetch", "codecheck", "physicscheck"].includes(section.class);
  const found = lines.filter((line) => isFound(section.class, line) !== isList);
  return found.length + section.omitted;
}
