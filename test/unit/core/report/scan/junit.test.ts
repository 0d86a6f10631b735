import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failedTestIn, failedTestsIn } from "../../../../../src/core/report/scan/failedTest.ts";
import { failedTestLinesOf, isTestReport } from "../../../../../src/core/report/scan/junit.ts";

const suite = (...cases: readonly string[]) =>
  `<?xml version="1.0"?><testsuites><testsuite>${cases.join("\n")}</testsuite></testsuites>`;
const failing = (name: string, inside: string) => `<testcase classname="C" name="${name}">${inside}</testcase>`;

describe("a JUnit report", () => {
  it.each([
    [
      "ctest",
      '<testcase name="geometry" classname="geometry" time="0.1" status="fail"><failure message=""/><properties/><system-out>start\nexpected 1, found 2\n</system-out></testcase>',
      ["Test #1: geometry ***Failed start", "    expected 1, found 2", ""],
    ],
    [
      "GoogleTest",
      '<testcase name="Adds" status="run" classname="Track"><failure message="a.cxx:3&#x0A;Expected: 1" type=""><![CDATA[a.cxx:3\nExpected: 1 < 2]]></failure></testcase>',
      ["Test #1: Track.Adds ***Failed a.cxx:3", "    Expected: 1 < 2", ""],
    ],
    [
      "Boost.Test",
      "<testcase assertions='1' classname='suite' name='case'><failure message=\"failure\" type=\"assertion error\"><![CDATA[\nASSERTION FAILURE:\n- line : 12\n]]></failure></testcase>",
      ["Test #1: suite.case ***Failed failure", "    ASSERTION FAILURE:", "    - line : 12", ""],
    ],
    [
      "pytest",
      '<testcase classname="tests.test_x" name="test_y"><error message="RuntimeError: no">def f():\n&gt;   raise</error><system-err>noise</system-err></testcase>',
      ["Test #1: tests.test_x.test_y ***Failed RuntimeError: no", "    def f():", "    >   raise", ""],
    ],
    ["a test without a name", "<testcase><failure/></testcase>", ["Test #1: without a name ***Failed", ""]],
    ["a prefix of names", '<j:testcase name="a"><j:failure>x</j:failure></j:testcase>', ["Test #1: a ***Failed x", ""]],
    ["a passed and a skipped test", '<testcase name="a"/><testcase name="b"><skipped/></testcase>', []],
  ])("of %s shows failed tests with their reason", (_, cases, lines) => {
    expect(isTestReport(suite(cases))).toBe(true);
    expect(failedTestLinesOf(suite(cases))).toEqual(lines);
  });

  it("keeps the end of a long output and the beginning of a long failure, in lines of at most 500 characters", () => {
    const long = Array.from({ length: 3000 }, (_, index) => `line ${index} ${"x".repeat(600)}`).join("\n");
    const output = failedTestLinesOf(suite(failing("a", `<failure message=""/><system-out>${long}</system-out>`)));
    const failure = failedTestLinesOf(suite(failing("a", `<failure>${long}</failure>`)));

    expect(output.at(-2)).toContain("line 2999");
    expect(failure[0]).toContain("line 0");
    for (const lines of [output, failure]) {
      expect(lines.length).toBeLessThan(25);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(700);
    }
  });

  it("expands no entity of the document, looks nothing up, and ends at damage", () => {
    const levels = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("");
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${levels}<!ENTITY f SYSTEM "file:///etc/passwd">]>`;
    const report = `${bomb}<testsuite>${failing("a", "<failure>&l9; &f; &amp; &#65; &#x110000;</failure>")}`;

    expect(failedTestLinesOf(report)).toEqual(["Test #1: C.a ***Failed &l9; &f; & A ?", ""]);
    const damaged = `${report}${failing("b", "<failure/>")}<testcase name="c"><failure message="never en`;
    expect(
      failedTestLinesOf(damaged)
        .filter((line) => line !== "")
        .slice(1),
    ).toEqual(["Test #2: C.b ***Failed"]);
  });

  it("counts the tests beyond the first fifty", () => {
    const lines = failedTestLinesOf(suite(...Array.from({ length: 1000 }, (_, n) => failing(`t${n}`, "<failure/>"))));
    expect(failedTestsIn(lines)).toHaveLength(50);
    expect(lines.at(-1)).toBe("950 more failed tests are left out");
  });

  it.each([
    ["open comments", "<!--"],
    ["open quotes", '<a b="'],
    ["open tags", "<testcase "],
    ["names without values", "<testcase aaaaaaaaaa"],
    ["blanks in tags", `<testcase a${" ".repeat(50)}`],
    ["open data", "<![CDATA["],
    ["references", "&#x"],
    ["tests", "<testcase><failure>"],
    ["pieces of text", "x<failure>y<b><system-out>z"],
    ["dots of a test name", "<testcase name='. . .'><failure/>"],
  ])(
    "of 4 MiB of %s is read within seconds",
    (_, part) => {
      const text = part.repeat(Math.ceil(2 ** 22 / part.length));
      const lines = failedTestLinesOf(text);
      failedTestsIn(lines);
      expect(lines.join("\n").length).toBeLessThan(2 ** 20);
    },
    20_000,
  );

  it("of any text gives bounded lines without control characters", () => {
    const piece = fc.constantFrom(
      "<testcase name='",
      "'>",
      "<failure>",
      "]]>",
      "<![CDATA[",
      "\0",
      "\u001b[31m",
      "&#0;",
      "</",
      "\ud800",
      "<!--",
      "x",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 15 }), (parts) => {
        for (const line of failedTestLinesOf(parts.join(""))) expect(line).toMatch(/^[^\p{Cc}]{0,700}$/u);
      }),
    );
  });
});

describe("a failed test of a log", () => {
  it.each([
    ["3/10 Test  #3: foo ....***Failed 1.0 sec", "foo", "Failed"],
    ["3/10 Test #13: a long name of a test ....***Timeout 1500.0 sec", "a long name of a test", "Timeout"],
    ["3/10 Test  #3: x.y ..............***Exception: SegFault  0.1 sec", "x.y", "Exception"],
  ])("%j has its name", (line, name, result) => {
    expect(failedTestIn(line)).toEqual({ name, result });
  });
});
