/** A message to people about one line of the tree. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  /**
   * `error`: something was left out or will not run. `warning`: check the line. `note`: how the line was translated.
   */
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
}

/** Records a finding. */
export type Report = (finding: Finding) => void;

/** Collects findings by file and line. Equal findings are kept once, even if many checks inherit the line. */
export function createReport(): { readonly report: Report; readonly all: () => readonly Finding[] } {
  const known = new Map<string, Finding>();
  return {
    report: (finding) => void known.set(`${finding.file} ${finding.line} ${finding.message}`, finding),
    all: () => [...known.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)),
  };
}
