/** Something a person should know about one line of the tree. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  /** `error`: something was left out, or will not run. `warning`: look at it. `note`: this is what became of it. */
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
}

export type Report = (finding: Finding) => void;

/** Collects findings in the order of files and lines; the same one is kept once, however many checks inherit its cause. */
export function createReport(): { readonly report: Report; readonly all: () => readonly Finding[] } {
  const known = new Map<string, Finding>();
  return {
    report: (finding) => void known.set(`${finding.file} ${finding.line} ${finding.message}`, finding),
    all: () => [...known.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)),
  };
}
