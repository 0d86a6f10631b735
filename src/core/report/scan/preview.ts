import type { Entry, ScannedLine, Section } from "./section.ts";

const maxLines = 50;

/** The excerpt for a comment: the lines of all serious classes in the order of the logs, without context. */
export class Preview {
  readonly #entries: Entry[] = [];
  #found = 0;
  #path = "";
  #inFile = false;

  begin(path: string): void {
    this.#path = path;
    this.#inFile = false;
  }

  add(line: ScannedLine): void {
    this.#found += 1;
    if (this.#entries.length > maxLines) return;
    if (!this.#inFile) this.#entries.push({ text: `## ${this.#path}`, matched: false });
    this.#inFile = true;
    this.#entries.push({ text: line.text(), matched: true });
  }

  /** At most 50 lines; the last one says how many errors did not fit. Empty when nothing was found. */
  lines(codeChecks: readonly Section[]): string[] {
    const entries = [...this.#entries, ...codeChecks.flatMap((section) => section.entries)];
    if (entries.length <= maxLines) return entries.map(({ text }) => text);
    const shown = entries.slice(0, maxLines - 1);
    const found = codeChecks.reduce((sum, { entries, omitted }) => sum + omitted + countMatched(entries), this.#found);
    const more = found - countMatched(shown);
    return [...shown.map(({ text }) => text), `[${more} more error${more === 1 ? "" : "s"}; see full log]`];
  }
}

function countMatched(entries: readonly Entry[]): number {
  return entries.filter(({ matched }) => matched).length;
}
