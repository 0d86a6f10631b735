import { stat } from "node:fs/promises";
import type { Clock } from "../../system/clock.ts";

const interval = 2000;

/**
 * Polls the files every 2 s until `signal` aborts, and calls `changed` after each write, one call at a time. Calls it
 * again at the next poll if it resolves with false. Detects editors that replace a file.
 */
export async function watchFiles(
  paths: readonly string[],
  clock: Clock,
  signal: AbortSignal,
  changed: () => Promise<boolean>,
): Promise<void> {
  let known = await stamps(paths);
  while (!signal.aborted) {
    await clock.sleep(interval, signal).catch(() => {});
    const now = await stamps(paths);
    if (signal.aborted || now === known) continue;
    if (await changed()) known = now;
  }
}

async function stamps(paths: readonly string[]): Promise<string> {
  const all = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
        () => "missing",
      ),
    ),
  );
  return all.join("\n");
}
