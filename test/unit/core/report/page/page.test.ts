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
    expect(text({ result })).toContain("<title>Build results</title>");
  });

  it("links to the pull request and the full log", () => {
    expect(text()).toContain('href="https://github.com/AliceO2Group/AliceO2/pull/13204"');
    expect(text()).toContain('href="fullLog.txt"');
    expect(text({ hasFullLog: false })).not.toContain(">fullLog.txt</a>");
  });

  it("counts the findings of each section, including omitted lines", () => {
    const lines = ["## a/log", "before", "x: error: 1", "--", "x: error: 2", "## b/log", "x: error: 3"];
    const page = text({ findings: found({ class: "error", lines, omitted: 4000 }) });
    expect(page).toContain('<a href="#error">Errors <span class="count">4,003</span></a>');
    expect(page.match(/<h3>/g)).toHaveLength(2);
    expect(page).toContain("<hr>");
    expect(page).toContain("4000 more in the");
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
    ["a b.c:é", "a_b_c__"],
  ])("turns the check %j into %j", (name, directory) => {
    expect(checkDirectoryOf(name)).toBe(directory);
  });

  it("has one directory per repository, pull request, commit and check", () => {
    expect(logDirectoryOf({ repository: "o/r", number: 7, commit, check: "build/O2/o2" })).toBe(
      `o/r/7/${commit}/build_O2_o2`,
    );
  });
});
