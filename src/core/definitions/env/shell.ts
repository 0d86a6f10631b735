import { assignedBy, type Skipped, skipArithmetic, skipExpansion, skipList, skipWords } from "./skip.ts";
import { Source, Unsupported } from "./source.ts";

/** One assignment of a file. The value is not expanded yet. */
export interface Assignment {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly line: number;
}

type Part =
  | { readonly text: string }
  | { readonly variable: string; readonly line: number }
  /** A part with a value that only a shell knows. `touched` are the variables that it may assign. */
  | { readonly construct: string; readonly line: number; readonly touched: readonly string[] };

/** Assignments on one line. After `export`, all values are expanded before the first assignment, as in bash. */
export interface Statement {
  readonly exported: boolean;
  readonly assignments: readonly Assignment[];
  /** A declaration other than `export`. It may change every later value of its variables, or end with a function. */
  readonly declaration?: string;
  /** A command that was skipped, because it assigns nothing. */
  readonly skipped?: string;
  readonly line: number;
}

const keywords = /^(if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|time|coproc|\[\[|\{|\}|!)$/;

const byteOrderMark = "\uFEFF";

/** Parses a file of assignments by the rules of bash. Executes nothing. Throws `Unsupported`. */
export function parseShell(text: string): readonly Statement[] {
  const stray = text.indexOf("\0");
  if (stray >= 0) throw new Unsupported("a NUL byte", text.slice(0, stray).split("\n").length);
  const isMarked = text.startsWith(byteOrderMark);
  const source = new Source(isMarked ? text.slice(1) : text);
  const statements: Statement[] = [];
  for (source.skipEmpty(); !source.isAtEnd(); source.skipEmpty()) {
    const statement = source.line === 1 && isMarked && statements.length === 0 ? readMarked : readStatement;
    statements.push(statement(source));
    endStatement(source);
  }
  return statements;
}

/** Reads a statement after a byte order mark. The mark is part of its first word, so bash assigns nothing. */
function readMarked(source: Source): Statement {
  const { assignments, ...statement } = readStatement(source);
  const mark = { construct: "a byte order mark", line: 1, touched: [] };
  return { ...statement, assignments: assignments.map(({ parts, ...rest }) => ({ ...rest, parts: [mark, ...parts] })) };
}

function readStatement(source: Source): Statement {
  const command = readIdle(source) ?? readAssigning(source);
  if (command !== undefined) return command;
  const { line: first } = source;
  const keyword = source.take(/(?:export|declare|typeset|local|readonly)(?=[ \t\n;]|$)/y);
  const declaration = keyword === "export" ? undefined : keyword;
  const exported = keyword !== undefined;
  const assignments: Assignment[] = [];
  let words = 0;
  const isAtEnd = () => source.isAtEndOfStatement() || (words > 0 && source.sees(/&&|\|\|/y));
  for (source.skipBlanks(); !isAtEnd(); source.skipBlanks()) {
    words += 1;
    const { line } = source;
    if (declaration !== undefined && source.take(/[-+][A-Za-z]+(?=[ \t\n;]|$)/y) !== undefined) continue;
    const name = source.take(/[A-Za-z_][A-Za-z0-9_]*=/y)?.slice(0, -1);
    const partial = name ?? source.take(/[A-Za-z_][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]*\]\+?|\+)=/y);
    if (name !== undefined) assignments.push({ name, parts: readValue(source), line });
    else if (partial !== undefined) assignments.push(readPartial(source, partial, line));
    else {
      const bare = exported ? source.take(/[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n;]|$)/y) : undefined;
      if (bare === undefined) throw unsupportedWord(source);
      if (declaration !== undefined) assignments.push({ name: bare, parts: [], line });
    }
  }
  if (words === 0)
    throw new Unsupported(exported ? `\`${keyword}\` without a name` : "a `;` without a command", source.line);
  return { exported, assignments, line: first, ...(declaration === undefined ? {} : { declaration }) };
}

/**
 * A command that assigns no variable, whatever its words are. A command that may be a function of ali-bot is no match.
 * `printf -v` assigns, `test -v` may, and some options of `set` change the meaning of the next lines.
 */
const idle = [
  "(?::|true|false|echo|ulimit|umask|date|hostname|uname|nproc|logger|sleep|mkdir|touch|cat|chmod|df|hash|id|ls",
  "|pwd|type|which|whoami|(?:test|\\[)(?![^\\n]*-v)",
  "|printf(?=[ \\t]+['\"]?[A-Za-z%=*[])",
  "|set(?=[ \\t]+[-+](?:[aefuvx]+|[aefuvx]*o[ \\t]+(?:allexport|errexit|nounset|pipefail|verbose|xtrace))[ \\t]*(?:[\\n;#&|]|$))",
  ")(?=[ \\t\\n;<>]|$)",
].join("");
const idleCommand = new RegExp(idle, "y");
const end = new RegExp(`;(?!;)|(?:&&|\\|\\|)[ \\t\\n]*(?=${idle})`, "y");

/** Skips a command that assigns nothing, except on the way to its words. Returns undefined for another statement. */
function readIdle(source: Source): Statement | undefined {
  const skipped = source.take(idleCommand);
  if (skipped === undefined) return undefined;
  return { ...unknownOf(`the command \`${skipped}\``, skipWords(source)), skipped };
}

/** Commands that assign the variables in their words. The words must be plain. */
const assigning =
  /let(?=[ \t])|read(?=(?:[ \t]+-r)?(?:[ \t]+[A-Za-z_]\w*)+[ \t]*(?:[\n;<#]|$))|printf(?=[ \t]+-v[ \t]+[A-Za-z_]\w*[ \t])/y;

/** Skips a command that assigns. Its variables become unknown. Returns undefined for another statement. */
function readAssigning(source: Source): Statement | undefined {
  const { line } = source;
  if (source.sees(/\(\(/y)) return unknownOf("arithmetic", skipArithmetic(source));
  const command = source.take(assigning);
  if (command === undefined) return undefined;
  const start = source.mark();
  const { touched } = skipWords(source);
  const text = source.since(start);
  if (command === "let" && /[$`]/.test(text)) throw new Unsupported("the command `let`", line);
  const [words = ""] = text.split("<");
  const names = command === "let" ? assignedBy(text) : words.match(/(?<=[ \t])[A-Za-z_]\w*/g);
  const assigned = command === "printf" ? names?.slice(0, 1) : names;
  return unknownOf(`the command \`${command}\``, { line, touched: [...touched, ...(assigned ?? [])] });
}

function unknownOf(construct: string, { line, touched }: Skipped): Statement {
  const parts = [{ construct, line, touched: [] }];
  return { exported: false, assignments: touched.map((name) => ({ name, parts, line })), line };
}

/** Behind `&&` and `||` only such a command may follow: whether the shell runs it decides about no value. */
function endStatement(source: Source): void {
  if (source.take(end) === undefined && !source.isAtEndOfStatement()) throw unsupportedWord(source);
}

/** Reads `NAME+=value` or `NAME[0]=value`. */
function readPartial(source: Source, start: string, line: number): Assignment {
  const name = /^\w+/.exec(start)?.[0] ?? "";
  const construct = start.includes("[") ? "an array" : "appending with `+=`";
  return { name, parts: [{ construct, line, touched: [] }, ...readValue(source)], line };
}

function unsupportedWord(source: Source): Unsupported {
  const word = source.take(/[^\s;&|<>()]+/y) ?? source.take(/[\s\S]/y) ?? "";
  if (word === "\r") return new Unsupported("a carriage return", source.line);
  const construct = /^\w+\[/.test(word)
    ? "an array"
    : /^[&|<>();]/.test(word)
      ? `\`${word}\``
      : keywords.test(word)
        ? `\`${word}\`, a conditional or loop`
        : `the command \`${word}\``;
  return new Unsupported(construct, source.line);
}

/** A carriage return is a part of the value for bash, and no program expects it there. */
function readValue(source: Source): Part[] {
  const { line } = source;
  const parts = readParts(source);
  const hasReturn = parts.some((part) => "text" in part && part.text.includes("\r"));
  return hasReturn ? [{ construct: "a carriage return", line, touched: [] }, ...parts] : parts;
}

function readParts(source: Source): Part[] {
  const parts: Part[] = [];
  if (source.sees(/\(/y)) return [{ construct: "an array", ...skipList(source) }];
  for (let before = "="; !source.isAtEndOfWord(); ) {
    const { line } = source;
    if (source.take(/'/y)) parts.push({ text: source.until("'", line) });
    else if (source.take(/"/y)) parts.push(...readQuoted(source, line));
    else if (source.take(/\\\n/y)) continue;
    else if (source.take(/\\/y))
      parts.push({ text: source.take(/[\s\S]/y) ?? unfinished("a backslash at the end", line) });
    else if (source.sees(/\$['"]/y)) parts.push({ construct: "a `$` before a quote", ...skipExpansion(source) });
    else if (source.sees(/[$`]/y)) parts.push(readExpansion(source));
    else if (source.sees(/~/y) && /[=:]$/.test(before))
      parts.push({ construct: "`~` for a home folder", ...skipHome(source) });
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
  if (plain !== undefined) return { construct: "a parameter of the shell such as `$1`", line, touched: [] };
  const [, construct] = constructs.find(([pattern]) => source.sees(pattern)) ?? [];
  if (construct !== undefined) return { construct, ...skipExpansion(source) };
  return { text: source.take(/\$/y) ?? "" };
}

const constructs: readonly (readonly [RegExp, string])[] = [
  [/\$[0-9@*#?$!-]/y, "a parameter of the shell such as `$1`"],
  [/\$\(\(|\$\[/y, "arithmetic"],
  [/`|\$\(/y, "command substitution"],
  [/\$\{/y, "`${…}` with more than a name"],
];

function skipHome(source: Source): { readonly line: number; readonly touched: readonly string[] } {
  const { line } = source;
  source.take(/~[A-Za-z0-9_+-]*/y);
  return { line, touched: [] };
}

function unfinished(construct: string, line: number): never {
  throw new Unsupported(construct, line);
}
