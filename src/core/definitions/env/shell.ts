/** One assignment of a file, its value still to be put together. */
export interface Assignment {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly line: number;
}

type Part = { readonly text: string } | { readonly variable: string; readonly line: number };

/** Assignments on one line. After `export` all values are put together before the first is assigned, as in bash. */
export interface Statement {
  readonly exported: boolean;
  readonly assignments: readonly Assignment[];
}

/** A construct that takes a shell to understand. Nothing of the file is used: half a definition is a wrong one. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
  readonly line: number;
  constructor(construct: string, line: number) {
    super(construct);
    this.line = line;
  }
}

const keywords = /^(if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|time|coproc|\[\[|\{|\}|!)$/;

/** Reads a file of assignments as bash reads it, and executes nothing. Throws `Unsupported`. */
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

/** Inside double quotes a backslash keeps its place before everything but `$`, backquote, double quote, itself and a line's end. */
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
  // The shell joins continued lines before it looks for names: the name may go on where ours ends.
  if (!plain?.endsWith("}") && source.sees(/\$?\\\n/y))
    throw new Unsupported("a `$NAME` that goes on in the next line", line);
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

/** A place in a text. */
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

  /** A comment begins where a word could. */
  isAtEndOfStatement(): boolean {
    return this.isAtEnd() || this.sees(/[\n;#]/y);
  }

  sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  /** The text here that matches the sticky pattern, and moves behind it. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    if (taken === undefined) return undefined;
    this.#at += taken.length;
    this.line += taken.split("\n").length - 1;
    return taken;
  }

  /** Everything before the closing quote, and moves behind it. */
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
