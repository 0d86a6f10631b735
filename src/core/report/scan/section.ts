import type { FindingClass } from "../../../api/cell/event.ts";

/** Most lines of a section. A full section only counts further lines. */
const maxLines = 1000;
const maxCharacters = 256 * 1024;

/** One line of a log: its byte offsets in the file, and its text on demand. */
export interface ScannedLine {
  readonly start: number;
  readonly end: number;
  text(): string;
}

/** One line of a section. */
export interface Entry {
  readonly text: string;
  /** Whether the line matched a rule. False for headers, separators and context. */
  readonly matched: boolean;
}

/** The lines of one class: one header per file, then blocks of lines with merged context. */
export class Section {
  readonly class: FindingClass;
  readonly entries: Entry[] = [];
  omitted = 0;
  #characters = 0;
  #path = "";
  #inFile = false;
  /** End offset of the last shown line. A line that starts later begins a new block. */
  #shownTo = 0;
  /** Number of context lines still to show. */
  #after = 0;

  constructor(name: FindingClass) {
    this.class = name;
  }

  /** Starts the next log. */
  begin(path: string): void {
    this.#path = path;
    this.#inFile = false;
    this.#shownTo = 0;
    this.#after = 0;
  }

  /** Whether the next line is shown even without a match. */
  wants(): boolean {
    return this.#after > 0;
  }

  /** Adds a line that matched, with the context before it, oldest first. */
  match(line: ScannedLine, before: readonly ScannedLine[], after: number): void {
    this.#after = Math.max(this.#after, after);
    if (this.#isFull()) {
      this.omitted += 1;
      return;
    }
    for (const context of before) if (context.start >= this.#shownTo) this.#show(context, false);
    this.#show(line, true);
  }

  /** Adds the next line, which did not match, if context is still due. */
  follow(line: ScannedLine): void {
    if (this.#after === 0) return;
    const matched = this.#after === Number.POSITIVE_INFINITY;
    this.#after -= 1;
    if (!this.#isFull()) this.#show(line, matched);
    else if (matched) this.omitted += 1;
  }

  /** Shows the rest of the file. */
  takeAll(): void {
    this.#after = Number.POSITIVE_INFINITY;
  }

  #show(line: ScannedLine, matched: boolean): void {
    if (!this.#inFile) this.#push(`## ${this.#path}`, false);
    else if (line.start > this.#shownTo) this.#push("--", false);
    this.#inFile = true;
    this.#push(line.text(), matched);
    this.#shownTo = line.end;
  }

  #push(text: string, matched: boolean): void {
    this.entries.push({ text, matched });
    this.#characters += text.length;
  }

  #isFull(): boolean {
    return this.entries.length >= maxLines || this.#characters >= maxCharacters;
  }
}
