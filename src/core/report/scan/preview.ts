import type { Entry, ScannedLine, Section } from "./section.ts";

const maxLines = 50;

/** The excerpt for a comment: the lines of all error classes, in log order and without context. */
export class Preview {
  readonly #entries: Entry[] = [];
  #found = 0;
  #path = "";
  #inFile = false;

  /** Starts the next log. */
  begin(path: string): void {
    this.#path = path;
    this.#inFile = false;
  }

  /** Adds a line that matched. */
  add(line: ScannedLine): void {
    this.#found += 1;
    if (this.#entries.length > maxLines) return;
    if (!this.#inFile) this.#entries.push({ text: `## ${this.#path}`, matched: false });
    this.#inFile = true;
    this.#entries.push({ text: line.text(), matched: true });
  }

  /** At most 50 lines. If errors were omitted, the last line gives their number. Empty if nothing was found. */
  lines(codeChecks: readonly Section[]): string[] {
    const entries = [...this.#entries, ...codeChecks.flatMap((section) => section.entries)];
    if (entries.length <= maxLines) return entries.map(({ text }) => text);
    const shown = entries.slice(0, maxLines - 1);
    const found = codeChecks.reduce((sum, { entries, omitted }) => sum + omitted + countMatched(entries), this.#found);
    const omitted = found - countMatched(shown);
    return [...shown.map(({ text }) => text), `[${omitted} more error${omitted === 1 ? "" : "s"}; see full log]`];
  }
}

function countMatched(entries: readonly Entry[]): number {
  return entries.filter(({ matched }) => matched).length;
}
