import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BuilderPool } from "../api/objects/pool.ts";
import type { LogStore } from "../logs/logStore.ts";
import { readBucketKeys } from "../logs/stores/bucketKeys.ts";
import { createDirectoryLogStore } from "../logs/stores/directory.ts";
import { createS3LogStore } from "../logs/stores/s3.ts";
import { type Address, type Pages, type Scrape, servePages } from "./pages.ts";

/** Settings of `openLogs`. */
export interface LogsOptions {
  readonly workDir: string;
  readonly listen: Address;
  /** The log settings of the first pool count. */
  readonly pools: readonly BuilderPool[];
  say(line: string): void;
  pin(about: string, lines: readonly string[]): void;
}

/**
 * Opens the log store and serves its pages. An unusable log folder is reported, not thrown: verdicts then wait until
 * the folder is usable. `scrape` returns the metrics.
 */
export async function openLogs(
  { workDir, listen, pools, pin, say }: LogsOptions,
  scrape: Scrape,
): Promise<{ readonly logs: LogStore; readonly pages: Pages }> {
  const [{ directory = join(workDir, "logs"), url, s3 } = {}] = pools.map(({ spec }) => spec.logs);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    say(`log folder ${directory} cannot be used (${code}): make it a writable folder; build logs wait until then`);
  }
  const pages = await servePages(directory, listen, scrape);
  const address = `logs and result pages: ${pages.url} (for Prometheus: /metrics)`;
  pin(
    "pages",
    [pages.warning, address].filter((line) => line !== undefined),
  );
  if (s3 === undefined) return { pages, logs: createDirectoryLogStore({ directory, url: url ?? pages.url }) };
  const keys = () => readBucketKeys(join(workDir, "secrets", s3.secretRef.name));
  return { pages, logs: createS3LogStore({ s3, url, keys }) };
}
