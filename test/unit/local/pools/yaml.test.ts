import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { LineCounter } from "yaml";
import { parseLikeKubectl, plainOf } from "../../../../src/local/pools/yaml.ts";

const plain = (text: string) => {
  const [document] = parseLikeKubectl(text, new LineCounter());
  if (document === undefined) throw new Error("no document");
  expect(document.errors).toEqual([]);
  return plainOf(document, document.contents);
};

/** Plain scalars, and the value that kubectl 1.36 sends to the API server for each. */
const scalars: readonly (readonly [string, unknown])[] = [
  ...["yes", "Yes", "YES", "y", "Y", "on", "On", "ON", "true", "True", "TRUE"].map((text) => [text, true] as const),
  ...["no", "No", "NO", "n", "N", "off", "Off", "OFF", "false", "False"].map((text) => [text, false] as const),
  ...["~", "null", "Null", "NULL", ""].map((text) => [text, null] as const),
  ...["tRue", "yEs", "1:30", "190:20:30", "2001-01-01", "=", "0b", "0xFFFFFFFFFFFFFFFFFF", "_12", ".e3"].map(
    (text) => [text, text] as const,
  ),
  ...(["12", "+12", "1_2", "12_", "014", "0o14", "0O14", "0xC", "0b1100", "12.", "1.2e1", "12e00"] as const).map(
    (text) => [text, 12] as const,
  ),
  ["-014", -12],
  ["-0b11", -3],
  ["-0x1F", -31],
  ["0_7", 7],
  ["08", 8],
  ["089", 89],
  [".5", 0.5],
  ["+.5", 0.5],
  ["1_000.5_0", 1000.5],
  ["6.02E+23", 6.02e23],
  ["1e400", "1e400"],
  ['"yes"', "yes"],
  ["'010'", "010"],
  ["!!str 010", "010"],
  ["!!str yes", "yes"],
  ['!!int "3"', 3],
  ["!!float 3", 3],
  ["!!binary aGVsbG8=", "hello"],
];

describe("a file, read as kubectl reads it", () => {
  it.each(scalars)("has the value of %j", (text, value) => {
    expect(plain(`a: ${text}`)).toEqual({ a: value });
  });

  it.each([
    ["keeps the keys after a merge", "b: &b {x: 1, y2: 2}\na: {<<: *b, x: 3}", { x: 3, y2: 2 }],
    ["replaces the keys before a merge", "b: &b {x: 1, y2: 2}\na: {x: 3, <<: *b}", { x: 1, y2: 2 }],
    ["prefers the first of a list", "b: &b {x: 1}\nc: &c {x: 2, z: 3}\na: {<<: [*b, *c]}", { x: 1, z: 3 }],
    ["merges merged mappings", "b: &b {x: 1}\nc: &c {<<: *b, z: 3}\na: {<<: *c}", { x: 1, z: 3 }],
    ["merges a mapping in place", "a: {<<: {x: 1}, z: 3}", { x: 1, z: 3 }],
    ["leaves a quoted sign alone", 'a: {"<<": {x: 1}}', { "<<": { x: 1 } }],
    ["turns keys into texts", "a: {0777: 1, on: 2, 1.5: 3}", { 511: 1, true: 2, 1.5: 3 }],
  ])("%s", (_, text, a) => {
    expect(plain(text)).toHaveProperty("a", a);
  });

  it("is not broken by a mapping that contains itself", () => {
    expect(() => plain("a: &a {b: *a}")).toThrow("alias *a contains itself");
  });

  it.each([
    ["a: *none", "alias *none has no anchor before it; each document has its own anchors"],
    ["a: [*late, &late x]", "alias *late has no anchor before it"],
    ["a: .inf", ".inf is no number of JSON"],
    ["a: {b: [-.Inf]}", "-.Inf is no number of JSON"],
    ["a: .NaN", ".NaN is no number of JSON"],
  ])("is refused as kubectl refuses it: %s", (text, message) => {
    expect(() => plain(text)).toThrow(message);
  });

  it("cannot fill the memory by aliases of aliases", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    expect(() => plain(`l0: &l0 [1,1,1]\n${levels.join("\n")}`)).toThrow("use fewer aliases");
  });

  it("serves an anchor for each of a hundred checks", () => {
    const checks = Array.from({ length: 99 }, (_, index) => `- {<<: *one, name: c${index}, list: *list}\n`);
    expect(plain(`- &one {name: first, list: &list [1, 2]}\n${checks.join("")}`)).toHaveLength(100);
  });

  it("has the values of the real kubectl", (context) => {
    const kubectl = (input: string) =>
      execFileSync("kubectl", ["label", "--local", "-f", "-", "a=b", "-o", "json", "--dry-run=client"], { input });
    try {
      execFileSync("kubectl", ["version", "--client"]);
    } catch {
      context.skip("kubectl is not installed");
    }
    const rows = scalars.map(([text], index) => `  k${index}: ${text}\n`).join("");
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbase: &b {x: 1, z: 2}\nafter: {<<: *b, x: 3}\nbefore: {x: 3, <<: *b}\ndata:\n${rows}`;
    const { metadata: _, ...seen } = JSON.parse(kubectl(text).toString());
    const { metadata: __, ...ours } = plain(text) as Record<string, unknown>;
    expect(ours).toEqual(seen);
  });
});
