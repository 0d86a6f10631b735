import { describe, expect, it } from "vitest";
import type { Findings } from "../../../../../src/api/cell/event.ts";
import { fullLogBeginOf, fullLogEndOf, fullLogHeadOf } from "../../../../../src/core/report/log/fullLog.ts";
import { checkDirectoryOf, logDirectoryOf } from "../../../../../src/core/report/log/paths.ts";
import { type ResultFacts, resultPageOf } from "../../../../../src/core/report/page/page.ts";

const commit = "93a3ef0948f990e9b17b4daf0239fd457a328e09";
const facts: ResultFacts = {
  result: "Failure",
  check: "build/O2/o2",
  repository: "AliceO2Group/AliceO2",
  number: 13204,
  commit,
  builder: "o2-3",
  startedAt: "2026-11-24T03:12:00Z",
  finishedAt: "2026-11-24T04:02:31Z",
};
const found = (...sections: Findings["sections"]): Findings => ({ sections, preview: [] });
const text = (change: Partial<ResultFacts> = {}) => resultPageOf({ ...facts, ...change });

describe("result page", () => {
  it.each([
    ["Success", "The build succeeded"],
    ["Failure", "The build failed"],
    ["Conflict", "The build did not start: the pull request conflicts with its base branch"],
  ] as const)("has for %s the heading %j", (result, heading) => {
    expect(text({ result })).toContain(`>${heading}</h1>`);
    expect(text({ result })).toContain(`<title>${result} · build/O2/o2 · AliceO2Group/AliceO2#13204</title>`);
  });

  it("links to the pull request and the full log", () => {
    expect(text()).toContain('href="https://github.com/AliceO2Group/AliceO2/pull/13204"');
    expect(text()).toContain('href="fullLog.txt"');
    expect(text({ hasFullLog: false })).not.toContain(">fullLog.txt</a>");
  });

  it("names the files with conflicts, and nothing else as a conflict", () => {
    const page = text({ result: "Conflict", conflicts: ["a.cxx", "<b>.h"], hasFullLog: false });
    expect(page).toContain('<h2>Files with conflicts <span class="count">2</span></h2>');
    expect(page).toContain("<li><code>a.cxx</code></li>\n<li><code>&lt;b&gt;.h</code></li>");
    expect(page).toContain('<a href="#conflicts">');
    expect(page).not.toContain("fullLog.txt");
    expect(text({ result: "Conflict" })).not.toContain("Files with conflicts");
  });

  it("counts the findings of each section, including omitted lines", () => {
    const lines = ["## a/log", "before", "x: error: 1", "--", "x: error: 2", "## b/log", "x: error: 3"];
    const page = text({ findings: found({ class: "error", lines, omitted: 4000 }) });
    expect(page).toContain('<a href="#error">Errors <span class="count">4,003</span></a>');
    expect(page.match(/<h3>/g)).toHaveLength(2);
    expect(page).toContain("<hr>");
    expect(page).toContain("4000 more in the");
  });

  it("counts failed tests once, also if a report repeats them, and not the summary of the test run", () => {
    const lines = [
      "## a/log",
      "3/9 Test #3: foo ....***Failed 1.0 sec",
      "expected 1, found 2",
      "4/9 Test #4: bar ....***Timeout 9 sec",
      "78% tests passed, 2 tests failed out of 9",
      "## a/report.xml",
      "Test #1: foo ***Failed expected 1, found 2",
    ];
    expect(text({ findings: found({ class: "unittest", lines, omitted: 0 }) })).toContain(
      '<a href="#unittest">Unit tests <span class="count">2</span></a>',
    );
  });

  it.each([
    ["/data/area/c/7/O2/Detectors/O2/x.cxx:12:3: error: no", "Detectors/O2/x.cxx#L12"],
    ["O2/CMakeLists.txt:7 (message):", "CMakeLists.txt#L7"],
    ["a (../O2/a+b/ü.h:1)", undefined],
    ["../O2/a+b/c.h:1: error: <x>", "a%2Bb/c.h#L1"],
    ["/data/area/c/7/sw/BUILD/O2-latest/O2/generated.h:3: error: x", undefined],
    ["/usr/include/O2/../../etc/x.h:3: error: x", undefined],
    ["/usr/include/c++/13/vector:100: error: x", undefined],
  ])("links %j to the source at the commit", (line, target) => {
    const findings = found({ class: "error", lines: ["## a/log", line], omitted: 0 });
    const page = text({ checkout: "O2", findings });
    const links = [...page.matchAll(/href="([^"]*\/blob\/[^"]*)"/g)].map(([, address]) => address);
    const root = `https://github.com/AliceO2Group/AliceO2/blob/${commit}`;
    expect(links).toEqual(target === undefined ? [] : [`${root}/${target}`]);
    expect(page).not.toContain("<x>");
  });

  it("counts the findings of a code checker without its banner", () => {
    const lines = ["## a/log", "== List of errors found ==", "one", "two"];
    expect(text({ findings: found({ class: "codecheck", lines, omitted: 0 }) })).toContain(
      '<span class="count">2</span>',
    );
  });

  it("explains a killed compiler", () => {
    const lines = ["## a/log", "g++: fatal error: Killed signal terminated program cc1plus"];
    expect(text({ findings: found({ class: "killed", lines, omitted: 0 }) })).toContain("ran out of memory");
  });

  it("shows the end of the newest log when a failed build shows no error", () => {
    const page = text({ findings: { sections: [], preview: ["the <end>"] } });
    expect(page).toContain("No errors found in the logs");
    expect(page).toContain("the &lt;end&gt;");
    expect(text({ result: "Success", findings: { sections: [], preview: ["the end"] } })).not.toContain("No errors");
  });

  it("escapes every text from a pull request", () => {
    const evil = `<script>alert("1")</script>&'`;
    const page = text({
      check: evil,
      title: evil,
      builder: evil,
      host: evil,
      pullRequest: "javascript:alert(1)",
      versions: { [evil]: evil },
      commands: [evil],
      artifacts: [`artifacts/${evil}`],
      findings: found({ class: "error", lines: [`## ${evil}`, `x: error: ${evil}`], omitted: 0 }),
    });
    expect(page).not.toContain("<script");
    expect(page).not.toContain('href="javascript');
    expect(page).not.toMatch(/href="[^"]*<|onerror=|src=/);
  });

  it("loads nothing from elsewhere", () => {
    expect(text().replace(`<link rel="icon" href="data:`, "")).not.toMatch(/<script|<link|@import|url\(|src=/);
  });
});

describe("full log", () => {
  const file = {
    path: "sw/BUILD/O2-latest/log",
    startedAt: "2026-11-24T03:12:00Z",
    finishedAt: "2026-11-24T03:13:30Z",
  };

  it("begins with host, time, commit, pull request and the list of logs", () => {
    const head = {
      host: "h",
      finishedAt: "2026-11-24T04:02:31.123Z",
      commit,
      pullRequest: "https://github.com/o/r/pull/1",
    };
    expect(fullLogHeadOf({ ...head, files: [file] })).toBe(`Finished building on h at 2026-11-24-04:02:31
Built commit ${commit} from https://github.com/o/r/pull/1

The following files are present in the log:
  sw/BUILD/O2-latest/log

`);
    expect(fullLogHeadOf({ ...head, files: [] })).toContain("No logs found.");
  });

  it("encloses each log in lines with its times", () => {
    expect(fullLogBeginOf(file)).toBe("## Begin sw/BUILD/O2-latest/log 2026-11-24 03:12:00\n");
    expect(fullLogEndOf(file)).toBe("## End sw/BUILD/O2-latest/log 2026-11-24 03:13:30 (90s)\n");
  });
});

describe("log path", () => {
  it.each([
    ["build/O2/o2_slc9", "build_O2_o2_slc9"],
    ["build/AliceO2/O2/o2/macOS-arm", "build_AliceO2_O2_o2_macOS-arm"],
    ["build/hello/o2", "build_hello_o2"],
    ["build/O2/o2/aarch64", "build_O2_o2_aarch64"],
    ["build_hello/o2", "build_hello_o2__20f66d009cef53cf"],
    ["build/O2/o2/slc9", "build_O2_o2_slc9__0f7be796b8d5de33"],
    ["a.c:é", "a_c____dbf34c789187b1b8"],
  ])("turns the check %j into %j", (name, directory) => {
    expect(checkDirectoryOf(name)).toBe(directory);
  });

  it("has one directory per repository, pull request, commit and check", () => {
    expect(logDirectoryOf({ repository: "o/r", number: 7, commit, check: "build/O2/o2" })).toBe(
      `o/r/7/${commit}/build_O2_o2`,
    );
  });
});
