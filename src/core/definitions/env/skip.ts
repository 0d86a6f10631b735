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

/** Skips the list of an array, with its parentheses. Throws `Unsupported`. */
export function skipList(source: Source): Skipped {
  const { line } = source;
  const touched: string[] = [];
  source.take(/\(/y);
  words(source, touched, line);
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
  else if (source.take(/\$\(/y)) words(source, [], line);
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

/** Skips `${…}` behind its opening. `${X=…}` assigns, and `${X?…}` may end the shell. */
function parameter(source: Source, touched: string[], line: number): void {
  const name = source.take(/[#!]?[A-Za-z_][A-Za-z0-9_]*/y);
  if (source.sees(/:?\?/y)) throw new Unsupported("`${…?…}`, which may end the shell", line);
  if (name !== undefined && source.sees(/:?=/y)) touched.push(name.replace(/^[#!]/, ""));
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

/** Skips commands or the words of a list, up to the closing parenthesis. In a `case`, patterns end with one as well. */
function words(source: Source, touched: string[], line: number): void {
  let cases = 0;
  for (let depth = 0; ; ) {
    if (source.take(/<<</y) !== undefined) continue;
    if (source.sees(/<</y)) throw new Unsupported("a here-document", source.line);
    if (source.take(/(?<=[\s;(&|])#[^\n]*/y) !== undefined) continue;
    const word = source.take(/[A-Za-z0-9_./:=,%+@-]+#?/y);
    if (word === "case") cases += 1;
    else if (word === "esac") cases -= 1;
    else if (word !== undefined) continue;
    else if (source.take(/\(/y)) depth += 1;
    else if (source.take(/\)/y)) {
      if (depth > 0) depth -= 1;
      else if (cases <= 0) return;
    } else one(source, touched, line, "a `(` that is not closed");
  }
}

/** Names that arithmetic may assign. */
function assignedBy(text: string): readonly string[] {
  const after = /([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?\s*(?:(?:<<|>>|[-+*/%&|^])?=(?!=)|\+\+|--)/g;
  const before = /(?:\+\+|--)\s*([A-Za-z_][A-Za-z0-9_]*)/g;
  return [...text.matchAll(after), ...text.matchAll(before)].flatMap(([, name]) => name ?? []);
}
