import type { Findings } from "../../api/cell/event.ts";

/** Lines of git as findings, so that result page and comment show them. */
export function findingsOf(lines: readonly string[]): Findings {
  return {
    sections: [{ class: "error", lines: ["## git", ...lines.slice(0, 100)], omitted: 0 }],
    preview: lines.slice(0, 50),
  };
}
