import { type Source, Unsupported } from "./source.ts";

/** A skipped construct: its first line, and the variables that it may assign in the shell itself. */
export interface Skipped {
  readonly line: number;
  readonly touched: readonly string[];
}

/**
 * Skips a construct that begins with `$` or a backquote, by the rules of bash: up to its own end, over quotes and
 * constructs inside. A command substitution runs in a shell of its own and assigns nothing here. Throws `Unsupported`.
 */
export function skipExpansion(source: Source): Skipped {
  const { line } = source;
  const touched: string[] = [];
  expansion(source, touched);
  return { line, touched };
}

/**
 * Skips the words of a command up to its end, with redirections. Refuses here-documents, and redirections that set a
 * variable, as `{NAME}>file` does.
 */
export function skipWords(source: Source): Skipped {
  const { line } = source;
  const touched: string[] = [];
  for (source.skipBlanks(); !source.isAtEndOfStatement() && !source.sees(/[&|()]/y); source.skipBlanks()) {
    if (source.sees(/[0-9]*[<>]\(|\{\w+\}[<>]|<<(?!<)/y)) throw new Unsupported("this redirection", source.line);
    if (source.take(/(?:[0-9]*(?:<<<|>>|[<>]&|>\||[<>])|&>>?)[ \t]*(?![\s;&|()<>#\\]|\d+[<>]|$)/y) !== undefined)
      continue;
    if (source.sees(/[<>]/y)) throw new Unsupported("this redirection", source.line);
    while (!source.isAtEndOfWord() && !source.sees(/[&|()<>]/y))
      one(source, touched, line, "a word that is not closed");
  }
  return { line, touched };
}

/** Skips the command `((…))`. Throws `Unsupported`. */
export function skipArithmetic(source: Source): Skipped {
  const { line } = source;
  const touched: string[] = [];
  source.take(/\(\(/y);
  arithmetic(source, touched, line, "))");
  return { line, touched };
}

/** Skips the list of an array, with its parentheses. Throws `Unsupported`. */
export function skipList(source: Source): Skipped {
  const { line } = source;
  const touched: string[] = [];
  source.take(/\(/y);
  list(source, touched, line);
  // Without a blank, bash reads no list but one text: `B=()A=` sets B to `()A=`.
  if (!source.isAtEnd() && !source.sees(/[\s;&|]/y)) throw new Unsupported("text behind the `)` of a list", line);
  return { line, touched };
}

function expansion(source: Source, touched: string[]): void {
  const { line } = source;
  if (source.take(/`/y)) escaped(source, /(?:[^\\`]|\\[\s\S])*/y, "`", line);
  else if (source.take(/\$'/y)) escaped(source, /(?:[^\\']|\\[\s\S])*/y, "'", line);
  else if (source.take(/\$"/y)) quoted(source, touched, line);
  else if (source.take(/\$\(\(/y)) arithmetic(source, touched, line, "))");
  else if (source.take(/\$\[/y)) arithmetic(source, touched, line, "]");
  else if (source.take(/\$\(/y)) commands(source, line);
  else if (source.take(/\$\{/y)) parameter(source, touched, line);
  else source.take(/\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])?/y);
}

function escaped(source: Source, inside: RegExp, quote: string, line: number): void {
  source.take(inside);
  source.until(quote, line);
}

function quoted(source: Source, touched: string[], line: number): void {
  while (source.take(/"/y) === undefined) {
    if (source.isAtEnd()) throw new Unsupported('a `"` that is not closed', line);
    if (source.sees(/[$`]/y)) expansion(source, touched);
    else source.take(/\\[\s\S]|[^"\\$`]+|\\/y);
  }
}

/** Skips `${…}` behind its opening. `${X=…}` assigns. `${X?…}` ends a shell without X, and then no check runs. */
function parameter(source: Source, touched: string[], line: number): void {
  const name = source.take(/[#!]?[A-Za-z_][A-Za-z0-9_]*/y);
  if (name !== undefined && source.sees(/:?=/y)) {
    if (name.startsWith("!")) throw new Unsupported("`${!…=…}`, which names its variable in a value", line);
    touched.push(name);
  }
  // A substring such as `${X:I++}` and an index are arithmetic.
  const isCounted = source.sees(/\[|:[^-=?+]/y);
  const start = source.mark();
  while (source.take(/\}/y) === undefined) one(source, touched, line, "a `${` that is not closed");
  if (isCounted) touched.push(...assignedBy(source.since(start)));
}

function arithmetic(source: Source, touched: string[], line: number, end: "))" | "]"): void {
  const start = source.mark();
  for (let depth = 0; ; ) {
    if (depth === 0 && source.take(end === "))" ? /\)\)/y : /\]/y)) break;
    if (source.take(/[([]/y)) depth += 1;
    else if (source.take(/[)\]]/y)) depth -= 1;
    else one(source, touched, line, "arithmetic that is not closed");
    // `$((a) | b)` is a command substitution with a subshell.
    if (depth < 0) throw new Unsupported("`$((` that is not arithmetic", line);
  }
  touched.push(...assignedBy(source.since(start)));
}

/** Skips one quoted text, one construct or one other character. */
function one(source: Source, touched: string[], line: number, unfinished: string): void {
  if (source.isAtEnd()) throw new Unsupported(unfinished, line);
  if (source.take(/'/y)) source.until("'", line);
  else if (source.take(/"/y)) quoted(source, touched, line);
  else if (source.sees(/[$`]/y)) expansion(source, touched);
  else source.take(/\\[\s\S]|[\s\S]/y);
}

/** Skips the words of a list, up to the closing parenthesis. */
function list(source: Source, touched: string[], line: number): void {
  for (let depth = 1; depth > 0; ) {
    if (source.sees(/<</y)) throw new Unsupported("a here-document", source.line);
    if (source.take(comment) !== undefined) continue;
    if (source.take(/\(/y)) depth += 1;
    else if (source.take(/\)/y)) depth -= 1;
    else one(source, touched, line, unclosed);
  }
}

const unclosed = "a `(` that is not closed";
const comment = /(?<=[\s;(&|])#[^\n]*/y;
/** A word without quotes and expansions. Only such a word can belong to the syntax of the shell. */
const plainWord = /[A-Za-z0-9_./:=,%+@-]+#?(?=[ \t\n;&|()<>]|$)/y;

/**
 * Skips commands up to the closing parenthesis. A pattern of a `case` ends with a parenthesis too. Like bash, finds
 * `case` only where a command begins.
 */
function commands(source: Source, line: number): void {
  const open: ("(" | "case")[] = [];
  const documents: Document[] = [];
  for (let isStart = true; ; ) {
    if (source.take(/[ \t]+|(?<!\w)\\\n|\\\n(?!\w)/y) !== undefined || source.take(comment) !== undefined) continue;
    const before = source.line;
    const wasStart: boolean = isStart;
    const word = source.take(plainWord);
    isStart = wasStart && word !== undefined && /^(if|then|elif|else|while|until|do|time|-p)$/.test(word);
    if (wasStart && word === "case") {
      if (beginCase(source, line)) open.push("case");
    } else if (wasStart && word === "esac" && open.at(-1) === "case") open.pop();
    else if (wasStart && /^(coproc|function)$/.test(word ?? ""))
      throw new Unsupported(`\`${word}\` in a command substitution`, before);
    else if (word !== undefined) continue;
    else if (source.take(/\n/y)) {
      for (const document of documents.splice(0)) skipDocument(source, document);
      isStart = true;
      continue;
    } else if (source.take(/;;&?|;&/y)) {
      if (open.at(-1) !== "case") throw new Unsupported("`;;` outside of a `case`", before);
      isStart = skipPattern(source, line);
      if (!isStart) open.pop();
    } else if (source.take(/<<<|[<>]&|&>/y)) isStart = false;
    else if (source.sees(/<</y)) documents.push(beginDocument(source, open.includes("(")));
    else if (source.take(/[;&|]/y)) isStart = true;
    else if (wasStart && source.take(/[{!](?=[ \t\n])/y)) isStart = true;
    else if (source.take(/\(/y)) {
      open.push("(");
      isStart = true;
    } else if (source.take(/\)/y)) {
      const last = open.pop();
      if (last === "case" || documents.length > 0) throw new Unsupported(unclosed, line);
      if (last === undefined) return;
      source.take(/#[^\n]*/y);
      isStart = true;
    } else if (source.sees(/\\\n/y)) throw new Unsupported("a word that continues on the next line", before);
    else one(source, [], line, unclosed);
    if (documents.length > 0 && source.line !== before) throw new Unsupported("a here-document", before);
  }
}

/** Skips the word and the first pattern behind `case`. Returns false at its end. */
function beginCase(source: Source, line: number): boolean {
  source.skipBlanks();
  while (!source.sees(/[\s;&|()<>]/y)) one(source, [], line, unclosed);
  if (source.take(/[ \t\n]+in(?=[ \t\n])/y) === undefined) throw new Unsupported("a `case` without `in`", line);
  return skipPattern(source, line);
}

/** Skips a pattern of a `case`, with its closing parenthesis. Returns false if the `case` ends instead. */
function skipPattern(source: Source, line: number): boolean {
  source.skipEmpty();
  if (source.take(/esac(?=[ \t\n;&|()<>])/y)) return false;
  source.take(/\(/y);
  for (let depth = 1; depth > 0; ) {
    if (source.take(/\(/y)) depth += 1;
    else if (source.take(/\)/y)) depth -= 1;
    else one(source, [], line, unclosed);
  }
  return true;
}

/** A here-document whose text begins on the next line. */
interface Document {
  readonly line: number;
  readonly end: string;
  readonly isIndented: boolean;
  /** Whether a backslash joins two of its lines. */
  readonly joins: boolean;
}

function beginDocument(source: Source, isUncertain: boolean): Document {
  const isIndented = source.take(/<<-?/y) === "<<-";
  source.skipBlanks();
  const name = source.take(/(?:\w+|'\w+'|"\w+"|\\\w+)(?=[ \t\n;&|)<>])/y);
  // In `((1<<N))` the word is a number of bits.
  if (name === undefined || isUncertain) throw new Unsupported("a here-document", source.line);
  return { line: source.line, end: name.replaceAll(/\W/g, ""), isIndented, joins: /^\w/.test(name) };
}

function skipDocument(source: Source, { line, end, isIndented, joins }: Document): void {
  for (;;) {
    const text = source.take(/[^\n]*\n/y)?.slice(0, -1);
    if (text === undefined || (joins && text.endsWith("\\"))) throw new Unsupported("a here-document", line);
    if ((isIndented ? text.replace(/^\t+/, "") : text) === end) return;
  }
}

/** Names that arithmetic may assign. */
export function assignedBy(text: string): readonly string[] {
  const after = /([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?\s*(?:(?:<<|>>|[-+*/%&|^])?=(?!=)|\+\+|--)/g;
  const before = /(?:\+\+|--)\s*([A-Za-z_][A-Za-z0-9_]*)/g;
  return [...text.matchAll(after), ...text.matchAll(before)].flatMap(([, name]) => name ?? []);
}
