import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Prints the slowest files, and the summary line for CI: `N passed, N failed`. A test file that does not load counts as
 * a failure. If FAILED_FILES names a file, the reporter writes the paths of failed test files there, one per line.
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
    process.stdout.write(slowest(modules));
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
}

/** The files that took 20 s or longer, slowest first. */
function slowest(modules: readonly TestModule[]): string {
  return modules
    .map((module) => ({ path: relative(process.cwd(), module.moduleId), seconds: module.diagnostic().duration / 1000 }))
    .filter(({ seconds }) => seconds >= 20)
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ path, seconds }) => `${seconds.toFixed(0).padStart(5)} s  ${path}\n`)
    .join("");
}
