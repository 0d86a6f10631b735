import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FindingClass, type Findings } from "../../../../../src/api/cell/event.ts";
import { firstErrorOf } from "../../../../../src/core/report/scan/firstError.ts";
import { LogScanner } from "../../../../../src/core/report/scan/scan.ts";

function scan(log: string): Findings {
  const scanner = new LogScanner({ isImportant: () => true });
  scanner.begin("sw/BUILD/O2-latest/log");
  scanner.write(Buffer.from(log));
  scanner.end();
  return scanner.findings();
}

describe("the first error", () => {
  it.each([
    [
      "/data/area/c/7/O2/Detectors/x.cxx:12:3: error: 'a' was not declared\n",
      "Detectors/x.cxx:12:3: error: 'a' was not declared",
    ],
    ["CMake Error at CMakeLists.txt:7 (message):\n  no\n", "CMake Error at CMakeLists.txt:7 (message):"],
    ["3/9 Test  #3: its.clusterer ....***Failed 1.0 sec\n", "Test its.clusterer failed"],
    ["3/9 Test #3: a ....***Timeout 9 sec\n5/9 Test #5: b ...***Failed 1 sec\n", "Test a timed out and 1 more"],
    ["x: warning: unused\n", ""],
    ["all is well\n", ""],
  ])("of %j is %j", (log, expected) => {
    expect(firstErrorOf(scan(log))).toBe(expected);
  });

  it("has at most 140 characters, in one line, for any findings", () => {
    const line = fc.string({ unit: "binary", maxLength: 500 });
    const section = fc.record({
      class: fc.constantFrom(...FindingClass.options),
      lines: fc.array(line),
      omitted: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(section), fc.array(line), (sections, preview) => {
        expect(firstErrorOf({ sections, preview }).length).toBeLessThanOrEqual(140);
      }),
    );
  });
});
