import { describe, expect, it } from "vitest";
import type { Findings } from "../../../../../src/api/cell/event.ts";
import { LogScanner } from "../../../../../src/core/report/scan/scan.ts";

const main = "sw/BUILD/O2-latest/log";
const csi = "\x1b";

type Logs = Readonly<Record<string, string | Uint8Array>>;

function scan(logs: Logs, important: (path: string) => boolean = () => true): Findings {
  const scanner = new LogScanner({ isImportant: important });
  for (const [path, content] of Object.entries(logs)) {
    scanner.begin(path);
    scanner.write(Buffer.from(content));
    scanner.end();
  }
  return scanner.findings();
}

const classes = (line: string) => scan({ [main]: `${line}\n` }).sections.map((section) => section.class);
const section = (findings: Findings, name: string) => findings.sections.find((found) => found.class === name);
const numbered = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n));

describe("log line", () => {
  it.each([
    "a.cxx:1:2: error: x",
    `a.cxx:1:2: ${csi}[01;31merror: x`,
    `a.cxx:1:2: ${csi}[01;31m${csi}[Kerror: ${csi}[m${csi}[Kx`,
    `a.cxx:1:2: err${csi}[0mor: x`,
    "g++: internal compiler error: Segmentation fault",
    "Error: no",
    "Error in <TFile::Open>: no such file",
    "ERROR: x",
    "collect2: error: ld returned 1",
    "ninja: build stopped: subcommand failed.",
    "make[2]: *** [x] Error 1",
    "gmake: Makefile:4: *** missing separator.  Stop.",
    "[ERROR] x",
    "[FATAL] x",
    ` !!! ${csi}[31mError - x`,
    "check of the geometry -> FAILED",
  ])("is an error: %j", (line) => {
    expect(classes(line)).toEqual(["error"]);
  });

  it.each([
    "Errors were",
    "[error] x",
    "error: foo",
    "undefined reference to `f()'",
    "Traceback (most recent call last):",
    "100% tests passed, 0 tests failed out of 10",
    "-- Performing Test HAVE_ERROR - Success",
    "g++ -Werror=format -Wno-error a.cxx",
    "Warning: Unused direct dependencies:",
    "   *** a recipe that likes stars ***",
  ])("is no finding: %j", (line) => {
    expect(classes(line)).toEqual([]);
  });

  it.each([
    ["a.cxx:1: warning: w", "warning"],
    ["Warning: foo", "warning"],
    [`  !  ${csi}[33mWarning - x`, "warning"],
    ["3/10 Test  #3: foo ....***Failed 1.0 sec", "unittest"],
    ["3/10 Test #13: foo ....***Timeout 1500.0 sec", "unittest"],
    ["3/10 Test  #3: foo ....***Exception: SegFault  0.1 sec", "unittest"],
    ["90% tests passed, 1 tests failed out of 10", "unittest"],
    ["CMake Error at CMakeLists.txt:3 (find_package):", "cmake"],
    ["task timeout reached for tpctracker", "systemtest"],
    ["Detected critical problem in logfile digi.log", "systemtest"],
    ["command ./run.sh -n 1 had nonzero exit code 1", "systemtest"],
    ["Exception encountered! it will be logged", "xjalienfs"],
  ])("%j is of class %s", (line, name) => {
    expect(classes(line)).toEqual([name]);
  });

  it("can have two classes: a killed compiler is also an error", () => {
    const line = "g++: fatal error: Killed signal terminated program cc1plus";
    expect(classes(line)).toEqual(["killed", "error"]);
    expect(scan({ [main]: line }).preview).toEqual([`## ${main}`, line]);
  });
});

describe("excerpt", () => {
  it("contains path and line for one error in one file", () => {
    const findings = scan({ "sw/BUILD/A-latest/log": "fine\na.cxx:1: error: x\nfine\n" });
    expect(findings.preview).toEqual(["## sw/BUILD/A-latest/log", "a.cxx:1: error: x"]);
  });

  it("shows 46 errors in 47 lines", () => {
    const { preview } = scan({ [main]: numbered(46, (n) => `a.cxx:${n}: error: x`).join("\n") });
    expect(preview).toHaveLength(47);
    expect(preview.at(-1)).toBe("a.cxx:45: error: x");
  });

  it.each([
    [49, "a.cxx:48: error: x"],
    [50, "[2 more errors; see full log]"],
    [5000, "[4952 more errors; see full log]"],
  ])("W-30: has at most 50 lines with a correct last line: %i errors", (count, last) => {
    const { preview } = scan({ [main]: numbered(count, (n) => `a.cxx:${n}: error: x`).join("\n") });
    expect(preview).toHaveLength(50);
    expect(preview.at(-1)).toBe(last);
  });

  it("ends with the lists of the code checkers, for any log order", () => {
    const { preview } = scan({
      "sw/BUILD/o2checkcode-latest/log": "a: error: early\n==== List of errors found ====\nb.cxx:1: error: late\nc\n",
      [main]: "d.cxx: error: x\n",
    });
    expect(preview).toEqual([
      `## ${main}`,
      "d.cxx: error: x",
      "## sw/BUILD/o2checkcode-latest/log",
      "==== List of errors found ====",
      "b.cxx:1: error: late",
      "c",
    ]);
  });

  it("counts the omitted findings of the code checkers", () => {
    const list = ["== List of issues found ==", ...numbered(3000, (n) => `issue ${n}`)].join("\n");
    const { preview } = scan({ "sw/BUILD/O2Physics-code-check-latest/log": list });
    expect(preview).toHaveLength(50);
    expect(preview.at(-1)).toBe("[2953 more errors; see full log]");
  });

  it("contains the end of the newest log if nothing was found", () => {
    const { preview, sections } = scan({ [main]: "old\n", "b/log": numbered(60, (n) => `line ${n}`).join("\n") });
    expect(preview).toEqual(numbered(50, (n) => `line ${n + 10}`));
    expect(sections).toEqual([]);
  });

  it("keeps 50 lines at the end of a log of any size", () => {
    const { preview } = scan({ [main]: numbered(40_000, (n) => `line number ${n}`).join("\r\n") });
    expect(preview).toEqual(numbered(50, (n) => `line number ${n + 39_950}`));
  });

  it("states that there are no logs", () => {
    expect(scan({}).preview).toEqual(["No log files found"]);
    expect(scan({ [main]: "" }).preview).toEqual(["No log files found"]);
  });
});

describe("sections", () => {
  it("give an error three lines of context on each side", () => {
    const lines = numbered(20, (n) => (n === 9 ? "a: error: x" : `line ${n}`));
    expect(section(scan({ [main]: lines.join("\n") }), "error")?.lines).toEqual([`## ${main}`, ...lines.slice(6, 13)]);
  });

  it.each([
    [3, 0],
    [6, 0],
    [7, 0],
    [8, 1],
  ])("merge errors %i lines apart into blocks with %i separators", (distance, separators) => {
    const lines = numbered(40, (n) => (n === 10 || n === 10 + distance ? "a: error: x" : `line ${n}`));
    const found = section(scan({ [main]: lines.join("\n") }), "error")?.lines ?? [];
    expect(found.filter((line) => line === "--")).toHaveLength(separators);
    expect(found.filter((line) => line !== "--")).toHaveLength(1 + 7 + Math.min(distance, 7));
    expect(new Set(found.filter((line) => line.startsWith("line"))).size).toBe(found.length - 3 - separators);
  });

  it("have a header for each file", () => {
    const found = section(scan({ "a/log": "x: error: 1\n", "b/log": "x: error: 2\n" }), "error");
    expect(found?.lines).toEqual(["## a/log", "x: error: 1", "## b/log", "x: error: 2"]);
  });

  it("ignore errors before a code checker's banner and take everything after it", () => {
    const log = "x: error: before\n=== List of errors found ===\nx: error: after\nplain";
    const findings = scan({ "sw/BUILD/o2checkcode-latest-o2/log": log });
    expect(findings.sections).toEqual([
      {
        class: "codecheck",
        lines: ["## sw/BUILD/o2checkcode-latest-o2/log", "=== List of errors found ===", "x: error: after", "plain"],
        omitted: 0,
      },
    ]);
  });

  it("show warnings of important logs only", () => {
    const logs = { "a/log": "a: warning: x\n", "b/log": "b: warning: x\n" };
    expect(
      section(
        scan(logs, (path) => path === "b/log"),
        "warning",
      )?.lines,
    ).toEqual(["## b/log", "b: warning: x"]);
  });

  it("show the record of failed downloads unchanged, without matching rules", () => {
    const log = "Git command for package 'O2' failed.\nfatal: error: x: error: y\n";
    const findings = scan({ "sw/MIRROR/fetch-log.txt": log });
    expect(findings.sections.map((found) => found.class)).toEqual(["fetch"]);
    expect(findings.sections[0]?.lines).toEqual(["## sw/MIRROR/fetch-log.txt", ...log.trimEnd().split("\n")]);
  });

  it("count omitted lines", () => {
    const found = section(scan({ [main]: numbered(5000, () => "Error: x").join("\n") }), "error");
    expect(found?.lines.length).toBeLessThanOrEqual(1000);
    expect((found?.lines.length ?? 0) - 1 + (found?.omitted ?? 0)).toBe(5000);
  });

  it("contain at most 256 Ki characters each", () => {
    const found = section(scan({ [main]: numbered(2000, () => `Error: ${"x".repeat(3000)}`).join("\n") }), "error");
    expect((found?.lines ?? []).join("").length).toBeLessThan(300_000);
    expect((found?.lines.length ?? 0) - 1 + (found?.omitted ?? 0)).toBe(2000);
  });
});

describe("hostile logs", () => {
  it("cuts a line of 1 MB to 2000 characters and finds the next line", () => {
    const found = section(scan({ [main]: `Error: ${"x".repeat(1_000_000)}\nError: y\n` }), "error");
    expect(found?.lines.map((line) => line.length)).toEqual([`## ${main}`.length, 2000, 8]);
    expect(found?.lines[1]?.endsWith("…")).toBe(true);
  });

  it("ignores a match beyond the shown part of a line", () => {
    expect(scan({ [main]: `${"x".repeat(100_000)}: error: y\n` }).sections).toEqual([]);
    expect(scan({ [main]: `${"x".repeat(1_000_000)}: error: y\n` }).sections).toEqual([]);
  });

  it("replaces binary bytes, escape sequences and split characters", () => {
    const line = Buffer.concat([
      Buffer.from("Error: \x00\x07"),
      Buffer.from([0xff, 0xe2, 0x82]),
      Buffer.from("\x1b]0;t\x07é"),
    ]);
    expect(section(scan({ [main]: line }), "error")?.lines[1]).toBe("Error: \ufffd\ufffd\ufffd\ufffdé");
  });

  it("accepts CRLF line ends, and splits a progress bar at carriage returns", () => {
    const bar = numbered(100_000, (n) => `[${n}/100000] compiling`).join("\r");
    const findings = scan({ [main]: `before\r\nError: x\r\nafter\r\n${bar}\rError: y` });
    expect(findings.preview).toEqual([`## ${main}`, "Error: x", "Error: y"]);
    expect(section(findings, "error")?.lines.slice(1, 4)).toEqual(["before", "Error: x", "after"]);
  });

  it("never splits a character", () => {
    const found = section(scan({ [main]: `Error: ${"x".repeat(1991)}😀😀😀` }), "error");
    expect(found?.lines[1]).toBe(`Error: ${"x".repeat(1991)}…`);
  });
});
