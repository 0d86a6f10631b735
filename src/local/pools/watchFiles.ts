import { stat } from "node:fs/promises";
import type { Clock } from "../../system/clock.ts";

const interval = 2000;

/**
 * Calls `changed` each time one of the files was written, one call at a time, until `signal` aborts; again at the next look when it resolves
 * with false. Editors that replace a file are noticed too.
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
