import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tool } from "../../src/api/objects/check.ts";
import { Branch, Repository } from "../../src/api/values/gitNames.ts";

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

describe("the name of a repository", () => {
  it.each([
    ...["alisw/alidist", "jdoe_cern/AliceO2", "a_b_c/x", "o/.github", "o/a.b.c", "o/_", "o/-x", "O2-x/y-", "o/a..b"],
    ...["0/0", "_a/b", "a-/b"],
  ])("may be %s", (name) => {
    expect(accepts(Repository, name)).toBe(true);
  });

  it.each([
    ...[
      "",
      "alidist",
      "/alidist",
      "o/",
      "o/.",
      "o/..",
      "../o",
      "./o",
      "-o/x",
      "o/x/y",
      "o /x",
      "o/x y",
      "o/x\n",
      "o/x\0",
    ],
    ...["o/ä", "https://github.com/o/x", "o\\x", "o/x?y", "o/x#y", "o/x%2f"],
  ])("is never %j", (name) => {
    expect(accepts(Repository, name)).toBe(false);
  });
});

/** Whether git accepts the branch. */
function gitAccepts(name: string): boolean {
  // The command reads `@` as HEAD.
  if (name.includes("\0") || name === "" || name === "@") return false;
  return spawnSync("git", ["check-ref-format", "--branch", name]).status === 0;
}

describe("the name of a branch", () => {
  const good = [
    ...[
      "a./a",
      "master",
      "feature/#12",
      "user@host",
      "100%",
      "it's",
      "a+b",
      "grün/ärger",
      "🚀",
      "a{b}",
      "@x",
      "x@",
      "a@@b",
      "{",
    ],
    ...[
      "1.x",
      "a.b.c",
      "a/b/c",
      "x.locks",
      "lock",
      "x-",
      "=",
      "a&b",
      "a|b",
      "$(id)",
      "`id`",
      '"',
      "a;b",
      "<x>",
      "+x",
      "!",
    ],
    ...["日本", "a,b", "@/x", "@@"],
  ];
  const bad = [
    ...[
      "",
      "@",
      "-x",
      ".x",
      "x.",
      "a..b",
      "a//b",
      "/a",
      "a/",
      "a/.b",
      "a.lock",
      "a.lock/b",
      "a@{b",
      "@{",
      "a b",
      "a\tb",
    ],
    ...["a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a\nb", "a\u007fb", "a\u0085b", "x".repeat(245)],
  ];

  it.each(good)("may be %j, as for git", (name) => {
    expect([accepts(Branch, name), gitAccepts(name)]).toEqual([true, true]);
  });

  it.each(bad)("is never %j", (name) => {
    expect(accepts(Branch, name)).toBe(false);
  });

  it("is accepted exactly if git accepts it", () => {
    const parts = fc.constantFrom(
      ...[
        "a",
        "b",
        "-",
        ".",
        "/",
        "@",
        "{",
        "}",
        "lock",
        ".lock",
        "~",
        "^",
        ":",
        "?",
        "*",
        "[",
        "\\",
        " ",
        "#",
        "%",
        "'",
      ],
      ...["+", "é", "🚀", "..", "@{", "//"],
    );
    const name = fc.array(parts, { minLength: 1, maxLength: 6 }).map((words) => words.join(""));
    fc.assert(
      fc.property(name, (one) => {
        // `@{-1}` is the previous branch for git's command, and no name.
        expect({ one, accepted: accepts(Branch, one) }).toEqual({
          one,
          accepted: gitAccepts(one) && !one.includes("@{"),
        });
      }),
      { numRuns: 80 },
    );
  });

  it("is checked in no time, however long", () => {
    const before = performance.now();
    for (const name of ["@".repeat(244), `${"a@".repeat(121)}{`, `${"a.".repeat(121)}.`, `${"a/".repeat(122)}`])
      accepts(Branch, name);
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it("may be the ref of a tool", () => {
    for (const ref of ["main", "grün/#1", "a@b", "$PR_HASH", "it's"])
      expect(accepts(Tool, { alibuild: `jdoe_cern/.alibuild@${ref}` })).toBe(true);
    for (const ref of ["", "-x", "+x", "a b", "a:b", "a*"])
      expect(accepts(Tool, { alibuild: `o/r@${ref}` })).toBe(false);
  });
});
