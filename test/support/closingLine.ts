import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Prints the line CI reads: `N passed, N failed`, alone. A file that could not be loaded counts as a failure. Where FAILED_FILES names a
 * file, the test files of failures are written there, a line each.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    const failed = new Set<string>();
    for (const module of modules) {
      const before = counts.failed;
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") counts.passed += 1;
        else if (state === "failed") counts.failed += 1;
        else counts.skipped += 1;
      }
      if (counts.failed > before) failed.add(relative(process.cwd(), module.moduleId));
    }
    const { FAILED_FILES: file } = process.env;
    if (file) writeFileSync(file, [...failed].map((path) => `${path}\n`).join(""));
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
}
