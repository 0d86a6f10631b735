import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";

const script = resolve(import.meta.dirname, "../../.ci/run");

/** Runs the script of CI with programs that act as `make` and Vitest. Returns its last lines. */
async function lastLines(programs: { readonly make: string; readonly vitest: string }): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), "ci-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const bin = join(root, "node_modules/.bin");
  for (const folder of [join(root, ".ci"), bin]) mkdirSync(folder, { recursive: true });
  copyFileSync(script, join(root, ".ci/run"));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const env = { PATH: process.env["PATH"] ?? "", TMPDIR: root };
  const ended: { readonly stdout: string; readonly code?: number } = await promisify(execFile)(
    join(root, ".ci/run"),
    [],
    { env },
  ).catch((error: unknown) => error as { stdout: string; code: number });
  const lines = ended.stdout.trimEnd().split("\n");
  return [...lines.slice(lines.lastIndexOf("") + 1), `exit ${ended.code ?? 0}`];
}

const passes = 'echo "3 passed, 0 failed"';
/** The first step fails in two files. Its other steps pass. */
const failsOnce = `
if [[ "\${*: -1}" == test ]]; then
  printf 'test/a.test.ts\\ntest/b.test.ts\\n' > "$FAILED_FILES"
  echo "5 passed, 2 failed"
  exit 1
fi
${passes}`;

describe("the script of CI", () => {
  it("names every file that needed a second try, and its result", async () => {
    const second = 'echo test/b.test.ts > "$FAILED_FILES"; echo "1 passed, 1 failed"; exit 1';
    expect(await lastLines({ make: failsOnce, vitest: second })).toEqual([
      "ci: test/a.test.ts: passed at the second try",
      "ci: test/b.test.ts: failed twice",
      "12 passed, 1 failed",
      "exit 1",
    ]);
  });

  it("counts a run that dies in its second try as failed twice", async () => {
    const lines = await lastLines({ make: failsOnce, vitest: "exit 139" });
    expect(lines.slice(0, 2)).toEqual(["ci: test/a.test.ts: failed twice", "ci: test/b.test.ts: failed twice"]);
    expect(lines.at(-1)).toBe("exit 1");
  });

  it("names no file when everything passes at once", async () => {
    expect(await lastLines({ make: passes, vitest: "exit 1" })).toEqual(["9 passed, 0 failed", "exit 0"]);
  });
});
