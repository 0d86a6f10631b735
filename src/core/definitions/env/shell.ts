/** One assignment of a file. The value is not expanded yet. */
export interface Assignment {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly line: number;
}

type Part = { readonly text: string } | { readonly variable: string; readonly line: number };

/** Assignments on one line. After `export`, all values are expanded before the first assignment, as in bash. */
export interface Statement {
  readonly exported: boolean;
  readonly assignments: readonly Assignment[];
}

/** A construct that needs a real shell. The whole file is left out: a partial definition would be wrong. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
  readonly line: number;
  constructor(construct: string, line: number) {
    super(construct);
    this.line = line;
  }
}

const keywords = /^(if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|time|coproc|\[\[|\{|\}|!)$/;

/** Parses a file of assignments by the rules of bash. Executes nothing. Throws `Unsupported`. */
export function parseShell(text: string): readonly Statement[] {
  const stray = text.search(/[\r\0]/);
  if (stray >= 0) throw new Unsupported("a carriage return or NUL", text.slice(0, stray).split("\n").length);
  const source = new Source(text);
  const statements: Statement[] = [];
  for (source.skipEmpty(); !source.isAtEnd(); source.skipEmpty()) statements.push(readStatement(source));
  return statements;
}

function readStatement(source: Source): Statement {
  const exported = source.take(/export(?=[ \t\n;]|$)/y) !== undefined;
  const assignments: Assignment[] = [];
  let words = 0;
  for (source.skipBlanks(); !source.isAtEndOfStatement(); source.skipBlanks()) {
    words += 1;
    const { line } = source;
    const name = source.take(/[A-Za-z_][A-Za-z0-9_]*=/y)?.slice(0, -1);
    if (name !== undefined) assignments.push({ name, parts: readValue(source), line });
    else if (!exported || source.take(/[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n;]|$)/y) === undefined)
      throw unsupportedWord(source);
  }
  if (words === 0) throw new Unsupported(exported ? "`export` without a name" : "a `;` without a command", source.line);
  source.take(/;(?!;)/y);
  return { exported, assignments };
}

function unsupportedWord(source: Source): Unsupported {
  const word = source.take(/[^\s;&|<>()]+/y) ?? source.take(/[\s\S]/y) ?? "";
  const construct = /^\w+\[/.test(word)
    ? "an array"
    : /^\w+\+=/.test(word)
      ? "appending with `+=`"
      : /^[&|<>();]/.test(word)
        ? `\`${word}\``
        : keywords.test(word)
          ? `\`${word}\`, a conditional or loop`
          : `the command \`${word}\``;
  return new Unsupported(construct, source.line);
}

function readValue(source: Source): Part[] {
  const parts: Part[] = [];
  if (source.take(/\(/y)) throw new Unsupported("an array", source.line);
  for (let before = "="; !source.isAtEndOfWord(); ) {
    const { line } = source;
    if (source.take(/'/y)) parts.push({ text: source.until("'", line) });
    else if (source.take(/"/y)) parts.push(...readQuoted(source, line));
    else if (source.take(/\\\n/y)) continue;
    else if (source.take(/\\/y))
      parts.push({ text: source.take(/[\s\S]/y) ?? unfinished("a backslash at the end", line) });
    else if (source.take(/\$(?=['"])/y)) throw new Unsupported("a `$` before a quote", line);
    else if (source.sees(/[$`]/y)) parts.push(readExpansion(source));
    else if (source.sees(/~/y) && /[=:]$/.test(before)) throw new Unsupported("`~` for a home folder", line);
    else if (source.sees(/[&|<>()]/y)) throw unsupportedWord(source);
    else {
      before = source.take(/[^\s'"\\$`&|<>();~]+|~/y) ?? source.take(/[\s\S]/y) ?? "";
      parts.push({ text: before });
      continue;
    }
    before = "";
  }
  return parts;
}

/**
 * Reads the rest of a double-quoted text. A backslash is literal there, except before `$`, a backquote, a double quote,
 * another backslash and the end of a line.
 */
function readQuoted(source: Source, openedAt: number): Part[] {
  const parts: Part[] = [];
  while (source.take(/"/y) === undefined) {
    if (source.isAtEnd()) unfinished('a `"` that is not closed', openedAt);
    if (source.take(/\\\n/y)) continue;
    const escaped = source.take(/\\[$`"\\]/y);
    if (escaped !== undefined) parts.push({ text: escaped.slice(1) });
    else if (source.sees(/[$`]/y)) parts.push(readExpansion(source));
    else parts.push({ text: source.take(/\\|[^"\\$`]+/y) ?? "" });
  }
  return parts;
}

function readExpansion(source: Source): Part {
  const { line } = source;
  const plain = source.take(/\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}/y);
  const variable = plain?.replace(/^\$\{?|\}$/g, "");
  // The shell joins continued lines before it reads names, so the name may continue on the next line.
  if (!plain?.endsWith("}") && source.sees(/\$?\\\n/y))
    throw new Unsupported("a `$NAME` that continues on the next line", line);
  if (variable !== undefined && variable !== "_") return { variable, line };
  if (plain !== undefined || source.sees(/\$[0-9@*#?$!-]/y))
    throw new Unsupported("a parameter of the shell such as `$1`", line);
  if (source.sees(/\$\(\(|\$\[/y)) throw new Unsupported("arithmetic", line);
  if (source.sees(/`|\$\(/y)) throw new Unsupported("command substitution", line);
  if (source.sees(/\$\{/y)) throw new Unsupported("`${…}` with more than a name", line);
  return { text: source.take(/\$/y) ?? "" };
}

function unfinished(construct: string, line: number): never {
  throw new Unsupported(construct, line);
}

/** A text with a read position. */
class Source {
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

  skipEmpty(): void {
    this.take(/(?:[ \t\n]|\\\n|#[^\n]*)+/y);
  }
}
