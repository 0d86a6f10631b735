import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");

/**
 * Gives a process a wall clock of its own, with an offset such as `+1h` or `-2y`. The monotonic clock stays real.
 * `set` changes the offset while the process runs.
 */
export function wallClockAt(offset: string) {
  if (library === undefined) throw new Error("libfaketime is missing; run `make test-setup`");
  const folder = mkdtempSync(join(tmpdir(), "builderpool-clock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "offset");
  const set = (next: string) => writeFileSync(file, `${next}\n`);
  set(offset);
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  return { env, set };
}
