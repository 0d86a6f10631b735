/** A construct that needs a real shell. The whole file is left out: a partial definition would be wrong. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
  readonly line: number;
  constructor(construct: string, line: number) {
    super(construct);
    this.line = line;
  }
}

/** A text with a read position. */
export class Source {
  readonly #text: string;
  #at = 0;
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  isAtEndOfWord(): boolean {
    return this.isAtEnd() || this.sees(/[ \t\n;]/y);
  }

  /** A comment can begin only at the start of a word. */
  isAtEndOfStatement(): boolean {
    return this.isAtEnd() || this.sees(/[\n;#]/y);
  }

  sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  /** Position in the text, for `since`. */
  mark(): number {
    return this.#at;
  }

  /** Text between a mark and the position. */
  since(mark: number): string {
    return this.#text.slice(mark, this.#at);
  }

  /** Returns the text at the position that matches the sticky pattern, and moves past it. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    if (taken === undefined) return undefined;
    this.#at += taken.length;
    this.line += taken.split("\n").length - 1;
    return taken;
  }

  /** Returns the text before the closing quote, and moves past the quote. */
  until(quote: string, openedAt: number): string {
    const end = this.#text.indexOf(quote, this.#at);
    if (end < 0) throw new Unsupported(`a \`${quote}\` that is not closed`, openedAt);
    const taken = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    this.line += taken.split("\n").length - 1;
    return taken;
  }

  skipBlanks(): void {
    this.take(/(?:[ \t]|\\\n)+/y);
  }

  /** Skips blanks, comments and empty lines. A carriage return alone is a command that bash does not find. */
  skipEmpty(): void {
    this.take(/(?:[ \t\n]|\r(?=\n|$)|\\\n|#[^\n]*)+/y);
  }
}
