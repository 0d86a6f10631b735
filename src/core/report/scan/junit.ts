import { failedTestLineOf } from "./failedTest.ts";

/**
 * Reads failed tests from the JUnit XML of ctest, GoogleTest, Boost.Test, Catch2 or pytest. The text comes from a build
 * of foreign code. So this reads tags in one pass, in linear time and bounded memory, and never looks anything up:
 * declarations, entities of the document and links have no effect. Damaged XML gives the tests before the damage.
 */

/** Most failed tests of one report, and most lines of the reason of one test. */
const mostTests = 50;
/** The rule for failed tests shows this number of lines after a test. */
const mostLines = 20;
const longestLine = 500;
const longestName = 150;
/** Most characters of one reason, and of one tag with its attributes. */
const longestText = 16_384;

interface Case {
  readonly name: string;
  failed: boolean;
  message: string;
  /** Text of the failure. */
  text: string;
  /** End of the output of the test. ctest has no other reason. */
  output: string;
}

/** Whether the beginning of a file can be a JUnit report. */
export function isTestReport(beginning: string): boolean {
  return /<testsuites?[\s>]/.test(beginning);
}

/** The failed tests of a report in the form of ctest, each with its reason below. Empty if no test failed. */
export function failedTestLinesOf(xml: string): readonly string[] {
  const lines: string[] = [];
  let found = 0;
  for (const one of casesOf(xml)) {
    if (!one.failed) continue;
    found += 1;
    if (found > mostTests) continue;
    const [first = "", ...others] = reasonOf(one);
    lines.push(failedTestLineOf(found, one.name, first), ...others.map((line) => `    ${line}`), "");
  }
  if (found > mostTests) lines.push(`${found - mostTests} more failed tests are left out`);
  return lines;
}

/** The lines of the reason: the message, unless the text repeats it, and the text or else the end of the output. */
function reasonOf({ message, text, output }: Case): readonly string[] {
  const body = text.trim() === "" ? output : text;
  const firstLine = message.trim().split("\n", 1)[0] ?? "";
  const whole = firstLine === "" || body.includes(firstLine) ? body : `${message}\n${body}`;
  const lines = whole.split(/\r\n?|\n/).flatMap((line) => (line.trim() === "" ? [] : [printable(line)]));
  return body === text ? lines.slice(0, mostLines) : lines.slice(-mostLines);
}

function* casesOf(xml: string): Generator<Case> {
  let test: Case | undefined;
  let reading: "text" | "output" | undefined;
  for (const part of partsOf(xml)) {
    if (part.kind === "text") {
      if (test === undefined || reading === undefined) continue;
      if (reading === "output") test.output = lastOf(test.output + part.text);
      else if (test.text.length < longestText) test.text += part.text;
      continue;
    }
    const { name, isEnd, isEmpty, attributes } = part;
    if (name === "testcase") {
      if (test !== undefined) yield test;
      test = isEnd ? undefined : caseOf(attributes());
      reading = undefined;
    } else if (test === undefined || isEnd) reading = undefined;
    else if (name === "failure" || name === "error") {
      test.failed = true;
      if (test.message === "") test.message = attributes().get("message") ?? "";
      reading = isEmpty ? undefined : "text";
    } else reading = !isEmpty && (name === "system-out" || name === "system-err") ? "output" : undefined;
  }
  if (test !== undefined) yield test;
}

/** The end of a growing text. Cut seldom, because a cut copies the text. */
function lastOf(text: string): string {
  return text.length > 4 * longestText ? text.slice(-longestText) : text;
}

/** The name is the class and the test, as the frameworks print it. ctest gives both the same name. */
function caseOf(attributes: ReadonlyMap<string, string>): Case {
  const [group = "", own = ""] = ["classname", "name"].map((key) => printable(attributes.get(key) ?? "").trim());
  const name = group === "" || group === own ? own : `${group}.${own}`;
  return { name: name.slice(0, longestName) || "without a name", failed: false, message: "", text: "", output: "" };
}

type Part =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "tag";
      readonly name: string;
      readonly isEnd: boolean;
      readonly isEmpty: boolean;
      readonly attributes: () => ReadonlyMap<string, string>;
    };

/** Comments, declarations and instructions, with their ends. */
const skipped = [
  ["<!--", "-->"],
  ["<!", ">"],
  ["<?", "?>"],
] as const;
const data = "<![CDATA[";

/** The tags and texts of a document. Ends at a part without an end. */
function* partsOf(xml: string): Generator<Part> {
  for (let at = 0; at < xml.length; ) {
    const open = xml.indexOf("<", at);
    const end = open === -1 ? xml.length : open;
    if (end > at) yield { kind: "text", text: decode(shortened(xml, at, end)) };
    if (open === -1) return;
    const isData = xml.startsWith(data, open);
    const [begin, close] = (isData ? [data, "]]>"] : skipped.find(([start]) => xml.startsWith(start, open))) ?? [];
    const last = close === undefined ? endOfTag(xml, open) : xml.indexOf(close, open + (begin ?? "").length);
    if (isData) {
      const textEnd = last === -1 ? xml.length : last;
      yield { kind: "text", text: shortened(xml, open + data.length, textEnd) };
    } else if (close === undefined && last !== -1)
      yield tagOf(xml.slice(open + 1, Math.min(last, open + longestText)), xml[last - 1] === "/");
    if (last === -1) return;
    at = last + (close?.length ?? 1);
  }
}

/** A part of the document without its middle: a failure needs the beginning, an output the end. */
function shortened(xml: string, from: number, to: number): string {
  if (to - from <= 2 * longestText) return xml.slice(from, to);
  return `${xml.slice(from, from + longestText)}\n${xml.slice(to - longestText, to)}`;
}

/** The position of the `>` that ends a tag, outside of quotes. -1 if the tag has no end. */
function endOfTag(xml: string, open: number): number {
  const mark = /["'>]/g;
  for (let at = open; ; ) {
    mark.lastIndex = at;
    const found = mark.exec(xml);
    if (found === null || found[0] === ">") return found?.index ?? -1;
    const quoted = xml.indexOf(found[0], found.index + 1);
    if (quoted === -1) return -1;
    at = quoted + 1;
  }
}

function tagOf(text: string, isEmpty: boolean): Part {
  const isEnd = text.startsWith("/");
  const name = /^\/?(?:[\w.-]{1,50}:)?([\w.-]{1,50})/.exec(text)?.[1]?.toLowerCase() ?? "";
  return { kind: "tag", name, isEnd, isEmpty, attributes: () => attributesOf(text) };
}

/** The bounds on names and blanks keep this linear on hostile text. */
function attributesOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.matchAll(/(?<![\w:.-])(?<key>[\w:.-]{1,50})\s{0,10}=\s{0,10}(?:"(?<a>[^"]*)"|'(?<b>[^']*)')/g);
  return new Map([...pairs].map(({ groups }) => [groups?.["key"] ?? "", decode(groups?.["a"] ?? groups?.["b"] ?? "")]));
}

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Replaces the five entities of XML and character references. Other entities stay as text. */
function decode(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));/gi, (all, hex, decimal, name) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? all;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point > 0x10_ffff ? "?" : String.fromCodePoint(point);
  });
}

function printable(text: string): string {
  return text
    .slice(0, longestLine)
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, " ")
    .trimEnd();
}
