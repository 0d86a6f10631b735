import type { Findings } from "../../api/cell/event.ts";

/** Maximum lines of a preview in the contract. */
const longestPreview = 60;

/** The findings with one more line at the start of their preview. */
export function withFirstLine(findings: Findings, line: string): Findings {
  return { ...findings, preview: [line, ...findings.preview].slice(0, longestPreview) };
}
