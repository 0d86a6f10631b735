import type { FindingClass } from "../../../api/cell/event.ts";

/** A section that is full counts what it does not show. */
const maxLines = 1000;
const maxCharacters = 256 * 1024;

/** One line of a log under the scanner: its place, and its text when somebody wants it. */
export interface ScannedLine {
  readonly start: number;
  readonly end: number;
  text(): string;
}

export interface Entry {
  readonly text: string;
  /** Whether the line matched, rather than being a header, a separator or context. */
  readonly matched: boolean;
}

/** The lines of one class, as blocks with merged context under a header for each file. */
export class Section {
  readonly class: FindingClass;
  readonly entries: Entry[] = [];
  omitted = 0;
  #characters = 0;
  #path = "";
  #inFile = false;
  /** Where the last line shown ended; what starts later is a new block. */
  #shownTo = 0;
  #after = 0;

  constructor(name: FindingClass) {
    this.class = name;
  }

  begin(path: string): void {
    this.#path = path;
    this.#inFile = false;
    this.#shownTo = 0;
    this.#after = 0;
  }

  /** Whether the next line is wanted, matching or not. */
  wants(): boolean {
    return this.#after > 0;
  }

  /** A line that matched, with the context before it, oldest first. */
  match(line: ScannedLine, before: readonly ScannedLine[], after: number): void {
    this.#after = Math.max(this.#after, after);
    if (this.#isFull()) {
      this.omitted += 1;
      return;
    }
    for (const context of before) if (context.start >= this.#shownTo) this.#show(context, false);
    this.#show(line, true);
  }

  /** A line that did not match, right after the one before. */
  follow(line: ScannedLine): void {
    if (this.#after === 0) return;
    const matched = this.#after === Number.POSITIVE_INFINITY;
    this.#after -= 1;
    if (!this.#isFull()) this.#show(line, matched);
    else if (matched) this.omitted += 1;
  }

  /** Takes the rest of the file. */
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
