import type { Findings } from "../../api/event.ts";
import { FindingClass } from "../../api/event.ts";
import { lineBytes, readable, withoutEscapes } from "./line.ts";
import { Preview } from "./preview.ts";
import { isFetchLog, type Rule, rulesFor, screen } from "./rules.ts";
import { type ScannedLine, Section } from "./section.ts";

const windowBytes = 256 * 1024;
/** Lines that stay in the window after they were scanned: context, and the tail of a log in which nothing was found. */
const historyLines = 50;
const historyBytes = windowBytes / 2;

const newline = 10;
const carriageReturn = 13;
const nothing: readonly Rule[] = [];

/**
 * Finds the lines worth showing in the logs of one build, oldest log first, in one pass and in bounded memory whatever they
 * contain. What it finds depends on the bytes alone, not on how they were cut into chunks.
 *
 * Bytes go through one window of fixed size. Its complete lines are screened by a single expression; only lines that pass are
 * cut out and tried on the rules, and only lines that are shown are decoded.
 */
export class LogScanner {
  readonly #isImportant: (path: string) => boolean;
  readonly #sections = FindingClass.options.map((name) => new Section(name));
  readonly #preview = new Preview();
  readonly #window = Buffer.allocUnsafe(windowBytes);
  #length = 0;
  /** Everything before it has been scanned. */
  #scanned = 0;
  /** Place in the file of the window's first byte. */
  #base = 0;
  #path = "";
  #rules: readonly Rule[] = [];
  #tail: readonly string[] = [];
  #tailIsOfFetchLog = true;

  constructor(options: { isImportant(path: string): boolean }) {
    this.#isImportant = options.isImportant;
  }

  begin(path: string): void {
    this.#path = path;
    this.#rules = rulesFor(path, this.#isImportant(path));
    this.#length = this.#scanned = this.#base = 0;
    this.#preview.begin(path);
    for (const section of this.#sections) {
      section.begin(path);
      if (section.class === "fetch" && isFetchLog(path)) section.takeAll();
    }
  }

  /** The next bytes of the log; they are copied. */
  write(chunk: Uint8Array): void {
    for (let taken = 0; taken < chunk.length; ) {
      const piece = chunk.subarray(taken, taken + windowBytes - this.#length);
      this.#window.set(piece, this.#length);
      this.#length += piece.length;
      taken += piece.length;
      if (this.#length === windowBytes) this.#advance();
    }
  }

  end(): void {
    this.#scan(this.#length);
    const isFetch = isFetchLog(this.#path);
    if (this.#length === 0 || (isFetch && !this.#tailIsOfFetchLog)) return;
    this.#tail = this.#before(this.#length, historyLines).map((line) => line.text());
    this.#tailIsOfFetchLog = isFetch;
  }

  findings(): Findings {
    const sections = this.#sections.filter(({ entries }) => entries.length > 0);
    const codeChecks = sections.filter((section) => section.class === "codecheck" || section.class === "physicscheck");
    const found = this.#preview.lines(codeChecks);
    const tail = this.#tail.length > 0 ? [...this.#tail] : ["No log files found"];
    return {
      sections: sections.map(({ class: name, entries, omitted }) => ({
        class: name,
        lines: entries.map(({ text }) => text),
        omitted,
      })),
      preview: found.length > 0 ? found : tail,
    };
  }

  /** Scans the complete lines of a full window and makes room, keeping some history. */
  #advance(): void {
    const lineFeed = this.#window.lastIndexOf(newline);
    // A progress bar rewrites its line with carriage returns; the last byte may be half of a CRLF.
    const end = lineFeed >= this.#scanned ? lineFeed : this.#window.lastIndexOf(carriageReturn, windowBytes - 2);
    if (end >= this.#scanned) this.#scan(end + 1);
    else this.#shorten();
    const kept = this.#before(this.#scanned, historyLines).find(({ index }) => index >= this.#scanned - historyBytes);
    const from = kept?.index ?? this.#scanned;
    this.#window.copyWithin(0, from, this.#length);
    this.#base += from;
    this.#length -= from;
    this.#scanned -= from;
  }

  /** Drops the middle of a line that fills the window: nobody looks beyond its beginning. Its last byte may be half of a CRLF. */
  #shorten(): void {
    const length = this.#scanned + lineBytes + 2;
    this.#window[length - 1] = this.#window[windowBytes - 1] ?? newline;
    this.#length = length;
  }

  #scan(end: number): void {
    const text = this.#window.toString("latin1", this.#scanned, end);
    const offset = this.#scanned;
    let candidate = offset;
    for (let at = offset; at < end; ) {
      if (candidate <= at) candidate = offset + nextCandidate(text, at - offset);
      if (!this.#sections.some((section) => section.wants())) {
        if (candidate >= end) break;
        at = this.#lineStart(candidate);
      }
      const line = this.#line(at, end);
      this.#take(line, candidate < line.next);
      if (candidate < line.next) candidate = line.next;
      at = line.next;
    }
    this.#scanned = end;
  }

  #take(line: WindowLine, isCandidate: boolean): void {
    const matches = isCandidate ? this.#matches(line) : nothing;
    if (matches.length === 0) {
      for (const section of this.#sections) section.follow(line);
      return;
    }
    if (matches.some(({ preview }) => preview)) this.#preview.add(line.text);
    for (const section of this.#sections) {
      const own = matches.filter((rule) => rule.class === section.class);
      if (own.length === 0) section.follow(line);
      else {
        const before = this.#before(line.index, Math.max(...own.map((rule) => rule.before)));
        section.match(line, before, Math.max(...own.map((rule) => rule.after)));
      }
    }
  }

  #matches(line: WindowLine): readonly Rule[] {
    const raw = this.#window.toString("latin1", line.index, Math.min(line.contentEnd, line.index + lineBytes));
    const plain = withoutEscapes(raw);
    if (plain !== raw && nextCandidate(plain, 0) === plain.length) return nothing;
    return this.#rules.filter((rule) => rule.pattern.test(plain));
  }

  /** The line that starts at an index, its end not beyond `limit`. */
  #line(index: number, limit: number): WindowLine {
    let contentEnd = index;
    while (contentEnd < limit && !isLineEnd(this.#window[contentEnd])) contentEnd += 1;
    const isPair = this.#window[contentEnd] === carriageReturn && this.#window[contentEnd + 1] === newline;
    const next = Math.min(limit, contentEnd + (isPair ? 2 : 1));
    const window = this.#window;
    return {
      index,
      contentEnd,
      next,
      start: this.#base + index,
      end: this.#base + next,
      text: () => readable(window.subarray(index, contentEnd)),
    };
  }

  #lineStart(index: number): number {
    let start = index;
    while (start > 0 && !isLineEnd(this.#window[start - 1])) start -= 1;
    return start;
  }

  /** Up to `count` lines before the one that starts at an index, oldest first. */
  #before(index: number, count: number): readonly WindowLine[] {
    const lines: WindowLine[] = [];
    for (let start = index; start > 0 && lines.length < count; ) {
      let end = start - 1;
      if (end > 0 && this.#window[end] === newline && this.#window[end - 1] === carriageReturn) end -= 1;
      const isUnfinished = start === index && !isLineEnd(this.#window[start - 1]);
      start = this.#lineStart(isUnfinished ? start : end);
      lines.unshift(this.#line(start, index));
    }
    return lines;
  }
}

interface WindowLine extends ScannedLine {
  /** Place in the window. */
  readonly index: number;
  readonly contentEnd: number;
  readonly next: number;
}

function nextCandidate(text: string, from: number): number {
  screen.lastIndex = from;
  return screen.exec(text)?.index ?? text.length;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === newline || byte === carriageReturn;
}
