import { lineBytes, readableLineOf, withoutEscapes } from "../log/line.ts";
import type { ScannedLine } from "./section.ts";

const size = 256 * 1024;
/**
 * Lines that stay in the window after reading, if they fit. They serve as context, and as the tail of a log without
 * findings.
 */
export const historyLines = 50;
const historyBytes = size / 2;

const newline = 10;
const carriageReturn = 13;

/** A line in the window. Valid until the window is refilled. */
export class WindowLine implements ScannedLine {
  /** Offsets in the window: the start and end of the line, and the start of the next line. */
  readonly index: number;
  readonly contentEnd: number;
  readonly next: number;
  readonly #bytes: Buffer;
  readonly #base: number;

  constructor(bytes: Buffer, base: number, index: number, contentEnd: number, next: number) {
    this.#bytes = bytes;
    this.#base = base;
    this.index = index;
    this.contentEnd = contentEnd;
    this.next = next;
  }

  get start(): number {
    return this.#base + this.index;
  }

  get end(): number {
    return this.#base + this.next;
  }

  /** The line as readable text. */
  text(): string {
    return readableLineOf(this.#bytes.subarray(this.index, this.contentEnd));
  }

  /** The line for pattern matching: its first bytes as Latin-1, without escape sequences. */
  plain(): string {
    return withoutEscapes(
      this.#bytes.toString("latin1", this.index, Math.min(this.contentEnd, this.index + lineBytes)),
    );
  }
}

/** Reads the lines of the window between two offsets on line boundaries. */
export type Read = (from: number, to: number) => void;

/**
 * The part of a log in memory, with a fixed size. A full window is read and then shifted. The result depends only on
 * the bytes of the log. Lines end in LF, CRLF or CR.
 */
export class LineWindow {
  readonly #bytes = Buffer.allocUnsafe(size);
  #length = 0;
  /** Offset of the first unread byte in the window. */
  #unread = 0;
  /** Offset of the window in the file. */
  #base = 0;

  /** Empties the window for the next log. */
  clear(): void {
    this.#length = this.#unread = this.#base = 0;
  }

  /** Appends a copy of the bytes, and calls `read` for each full window. */
  write(chunk: Uint8Array, read: Read): void {
    for (let taken = 0; taken < chunk.length; ) {
      const piece = chunk.subarray(taken, taken + size - this.#length);
      this.#bytes.set(piece, this.#length);
      this.#length += piece.length;
      taken += piece.length;
      if (this.#length === size) this.#makeRoom(read);
    }
  }

  /** Reads the rest, including a last line without a line end. Returns the last lines of the log. */
  end(read: Read): readonly WindowLine[] {
    this.#readTo(this.#length, read);
    return this.before(this.#length, historyLines);
  }

  /** The bytes between two offsets as Latin-1. */
  latin1(from: number, to: number): string {
    return this.#bytes.toString("latin1", from, to);
  }

  /** The line that starts at an offset. It ends at `limit` at the latest. */
  line(index: number, limit: number): WindowLine {
    const bytes = this.#bytes;
    let end = index;
    while (end < limit && !isLineEnd(bytes[end])) end += 1;
    const isPair = bytes[end] === carriageReturn && bytes[end + 1] === newline;
    const next = Math.min(limit, end + (isPair ? 2 : 1));
    return new WindowLine(bytes, this.#base, index, end, next);
  }

  /** The start of the line around an offset. */
  startOf(index: number): number {
    let start = index;
    while (start > 0 && !isLineEnd(this.#bytes[start - 1])) start -= 1;
    return start;
  }

  /** Up to `count` lines before an offset, oldest first, limited to the window. */
  before(index: number, count: number): readonly WindowLine[] {
    const lines: WindowLine[] = [];
    for (let start = index; start > 0 && lines.length < count; ) {
      let end = isLineEnd(this.#bytes[start - 1]) ? start - 1 : start;
      if (end > 0 && this.#bytes[end] === newline && this.#bytes[end - 1] === carriageReturn) end -= 1;
      start = this.startOf(end);
      lines.unshift(this.line(start, index));
    }
    return lines;
  }

  #makeRoom(read: Read): void {
    const lineFeed = this.#bytes.lastIndexOf(newline);
    // A progress bar rewrites its line with carriage returns. The last byte may be half of a CRLF.
    const end = lineFeed >= this.#unread ? lineFeed : this.#bytes.lastIndexOf(carriageReturn, size - 2);
    if (end >= this.#unread) this.#readTo(end + 1, read);
    else this.#shorten();
    const kept = this.before(this.#unread, historyLines).find(({ index }) => index >= this.#unread - historyBytes);
    const from = kept?.index ?? this.#unread;
    this.#bytes.copyWithin(0, from, this.#length);
    this.#base += from;
    this.#length -= from;
    this.#unread -= from;
  }

  /**
   * Drops the middle of a line that fills the window. Only the beginning is ever used. The last byte may be half of a
   * CRLF.
   */
  #shorten(): void {
    const length = this.#unread + lineBytes + 2;
    this.#bytes[length - 1] = this.#bytes[size - 1] ?? newline;
    this.#length = length;
  }

  #readTo(end: number, read: Read): void {
    if (end > this.#unread) read(this.#unread, end);
    this.#unread = end;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === newline || byte === carriageReturn;
}
