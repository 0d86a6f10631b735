import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../../../src/api/objects/build.ts";
import { excerptOf } from "../../../../../src/core/report/log/excerpt.ts";
import { commentOn } from "../../../../../src/core/report/post/comment.ts";
import { commentHashOf } from "../../../../../src/core/report/post/commentHash.ts";

const commit = "93a3ef0948f990e9b17b4daf0239fd457a328e09";
const url = "https://logs/o/r/1/pretty.html";
const verdict: Verdict = {
  commit,
  request: 1,
  attempt: 1,
  builder: "o2-3",
  result: "Failure",
  description: "",
  silent: false,
  log: { path: "p", url, stored: true },
  excerpt: "## sw/BUILD/A-latest/log\na.cxx:1: error: x",
  startedAt: "2026-11-23T18:12:00.000Z",
  finishedAt: "2026-11-23T19:34:56.000Z",
};
const body = (change: Partial<Verdict> = {}) => commentOn("build/O2/o2", { ...verdict, ...change })?.body ?? "";
const hash = (text: string) => commentOn("c", { ...verdict, excerpt: text })?.hash;

describe("comment", () => {
  it("names check and commit, quotes the excerpt, and links to the full log", () => {
    expect(body()).toBe(`Error while checking build/O2/o2 for ${commit} at 2026-11-23 19:34:

\`\`\`
## sw/BUILD/A-latest/log
a.cxx:1: error: x
\`\`\`

Full log [here](${url}).

<!-- builderpool build%2FO2%2Fo2 ${commit} -->
`);
  });

  it("ends with a hidden marker per check and commit, whatever the name of the check", () => {
    const names = ["build/O2/o2", "a--b", "a-->b", "a%2Db", "@u #1", "grün"];
    const markers = names.map((name) => commentOn(name, verdict)?.marker ?? "");
    expect(new Set(markers).size).toBe(names.length);
    for (const [index, marker] of markers.entries()) {
      expect(marker).toMatch(/^<!-- builderpool [^\s>-]+ [0-9a-f]{40} -->$/);
      expect(
        commentOn(names[index] ?? "", verdict)
          ?.body.trimEnd()
          .endsWith(marker),
      ).toBe(true);
    }
  });

  it("starts with a fixed prefix per check and commit", () => {
    const comment = commentOn("build/O2/o2", verdict);
    expect(comment?.prefix).toBe(`Error while checking build/O2/o2 for ${commit}`);
    expect(comment?.body.startsWith(comment.prefix)).toBe(true);
  });

  it("links to advice for a pull request that is too big", () => {
    expect(body({ result: "TooBig" })).toContain(
      "Your pull request exceeded the allowed size. If you need to commit large files, [have a look here](http://alisw.github.io/git-advanced/#how-to-use-large-data-files-for-analysis).",
    );
  });

  it.each(["Success", "Skipped", "Conflict"] as const)("does not exist for %s", (result) => {
    expect(commentOn("c", { ...verdict, result })).toBeUndefined();
  });

  it("repeats the words of aliBuild doctor, and does not exist without them", () => {
    const doctor = { result: "DoctorError", excerpt: "ERROR: hello needs nosuch" } as const;
    expect(body(doctor)).toContain("```\nERROR: hello needs nosuch\n```\n");
    expect(commentOn("c", { ...verdict, ...doctor, excerpt: "" })).toBeUndefined();
  });

  it("keeps an excerpt with backticks inside its fence", () => {
    const text = body({ excerpt: "```\n@everyone #1\n`````\n![x](http://evil)" });
    expect(text).toContain("\n``````\n```\n@everyone");
    expect(text).toContain("![x](http://evil)\n``````\n");
  });

  it("mentions no user through the name of a check", () => {
    expect(commentOn("build/@team#1", verdict)?.body).not.toMatch(/@team|#1/);
  });

  it("fits into the limit of GitHub", () => {
    expect(body({ excerpt: "`".repeat(16_384) }).length).toBeLessThanOrEqual(65_536);
    expect(body({ excerpt: "x".repeat(100_000) }).length).toBeLessThanOrEqual(65_536);
  });

  it("works without excerpt and link", () => {
    const { excerpt: _, log: __, ...bare } = verdict;
    expect(commentOn("c", bare)?.body).toBe(
      `Error while checking c for ${commit} at 2026-11-23 19:34:\n\n\n<!-- builderpool c ${commit} -->\n`,
    );
  });
});

describe("comment hash", () => {
  it.each([
    ["fofsanjcn 00:00:00", "fofsanjcn 10:21:10"],
    ["hello\nworld", "world\nhello"],
    ["2026-11-23 10:00:01 x: error: y", "2026-11-24 12:30:59 x: error: y"],
    ["2026-11-23@10:00:01:ERROR:O2: y", "2026-11-24@12:30:59:ERROR:O2: y"],
    ["3/10 Test #3: foo ...***Failed 1.02 sec", "3/10 Test #3: foo ...***Failed 17 sec"],
    ["[ 45%] ld: error: x", "[ 46%] ld: error: x"],
    ["[12/400] x: error: y", "[9/400] x: error: y"],
    ["x: error: at 0x7fff1234", "x: error: at 0x7ffe0000"],
    ["/tmp/ccAbCdEf.s: error: x", "/tmp/ccZyXwVu.s: error: x"],
    [`${commit}: error: x`, `${commit.replace("9", "8")}: error: x`],
  ])("is the same for %j and %j", (one, other) => {
    expect(commentHashOf(one)).toBe(commentHashOf(other));
  });

  it.each([
    ["a.cxx:1:2: error: x", "a.cxx:3:2: error: x"],
    ["undeclared: bad", "undeclared: ace"],
    ["9 errors", "8 errors"],
    ["", "x"],
    ["x\nx", "x"],
    ["file-1.cxx: error: x", "file-2.cxx: error: x"],
  ])("W-31: differs for %j and %j", (one, other) => {
    expect(commentHashOf(one)).not.toBe(commentHashOf(other));
  });

  it("does not depend on the end of the build", () => {
    const later = commentOn("c", { ...verdict, finishedAt: "2026-12-01T00:00:00.000Z" });
    expect(later?.hash).toBe(commentOn("c", verdict)?.hash);
    expect(hash("a: error: x")).not.toBe(hash("b: error: x"));
  });
});

describe("excerpt", () => {
  it("is the preview as text", () => {
    expect(excerptOf(["## a/log", "x: error: y"])).toBe("## a/log\nx: error: y");
  });

  it("omits whole lines beyond the limit of a verdict, with a hint", () => {
    const text = excerptOf(Array.from({ length: 50 }, () => "x".repeat(1999)));
    expect(text.length).toBeLessThanOrEqual(16_384);
    expect(
      text
        .split("\n")
        .slice(0, -1)
        .every((line) => line.length === 1999),
    ).toBe(true);
    expect(text.split("\n").at(-1)).toBe("[…; see full log]");
  });
});
