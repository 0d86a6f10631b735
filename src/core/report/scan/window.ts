import { lineBytes, readableLineOf, withoutEscapes } from "../log/line.ts";
import type { ScannedLine } from "./section.ts";

const size = 256 * 1024;
/** Lines that stay in the window after they were read, when they fit: context, and the tail of a log in which nothing is found. */
export const historyLines = 50;
const historyBytes = size / 2;

const newline = 10;
const carriageReturn = 13;

/** A line in the window; it holds until the window is filled again. */
export class WindowLine implements ScannedLine {
  /** Where it starts, ends, and where the next one starts, in the window. */
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

  text(): string {
    return readableLineOf(this.#bytes.subarray(this.index, this.contentEnd));
  }

  /** As patterns see it: its beginning, byte for byte, without escapes. */
  plain(): string {
    return withoutEscapes(
      this.#bytes.toString("latin1", this.index, Math.min(this.contentEnd, this.index + lineBytes)),
    );
  }
}

/** Reads the lines of the window from `from` to `to`, which stand on line boundaries. */
export type Read = (from: number, to: number) => void;

/**
 * The part of a log that is in memory: always the same number of bytes, whatever the log. It is read when it is full, and what
 * that sees depends on the log's bytes alone. Lines end in LF, CRLF or CR.
 */
export class LineWindow {
  readonly #bytes = Buffer.allocUnsafe(size);
  #length = 0;
  /** Everything before it was read. */
  #unread = 0;
  /** Place of the first byte in the file. */
  #base = 0;

  clear(): void {
    this.#length = this.#unread = this.#base = 0;
  }

  /** Takes bytes; they are copied. */
  write(chunk: Uint8Array, read: Read): void {
    for (let taken = 0; taken < chunk.length; ) {
      const piece = chunk.subarray(taken, taken + size - this.#length);
      this.#bytes.set(piece, this.#length);
      this.#length += piece.length;
      taken += piece.length;
      if (this.#length === size) this.#makeRoom(read);
    }
  }

  /** Reads what is left, the last line without an end included, and returns the last lines. */
  end(read: Read): readonly WindowLine[] {
    this.#readTo(this.#length, read);
    return this.before(this.#length, historyLines);
  }

  latin1(from: number, to: number): string {
    return this.#bytes.toString("latin1", from, to);
  }

  /** The line that starts at an index, its end not beyond `limit`. */
  line(index: number, limit: number): WindowLine {
    const bytes = this.#bytes;
    let end = index;
    while (end < limit && !isLineEnd(bytes[end])) end += 1;
    const isPair = bytes[end] === carriageReturn && bytes[end + 1] === newline;
    const next = Math.min(limit, end + (isPair ? 2 : 1));
    return new WindowLine(bytes, this.#base, index, end, next);
  }

  /** Start of the line that an index is in. */
  startOf(index: number): number {
    let start = index;
    while (start > 0 && !isLineEnd(this.#bytes[start - 1])) start -= 1;
    return start;
  }

  /** Up to `count` lines before an index, oldest first, as far as the window remembers. */
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
    // A progress bar rewrites its line with carriage returns; the last byte may be half of a CRLF.
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

  /** Drops the middle of a line that fills the window: nobody looks beyond its beginning. Its last byte may be half of a CRLF. */
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
