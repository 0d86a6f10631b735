import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BuilderPool } from "../api/objects/pool.ts";
import { milliseconds } from "../api/values/duration.ts";
import type { LogStore } from "../logs/logStore.ts";
import { readBucketKeys } from "../logs/stores/bucketKeys.ts";
import { createDirectoryLogStore } from "../logs/stores/directory.ts";
import { createS3LogStore } from "../logs/stores/s3.ts";
import { type Address, type Pages, type Scrape, servePages } from "./pages.ts";

/** Settings of `openLogs`. */
export interface LogsOptions {
  readonly workDir: string;
  readonly listen: Address;
  say(line: string): void;
  pin(about: string, lines: readonly string[]): void;
}

/** The log stores of all pools. */
export interface LocalLogs {
  /** The log store of one pool. Follows every change of `spec.logs`. */
  of(pool: string): LogStore;
  /** Deletes the logs that are older than `spec.logs.keep` of their pools. Returns the number of freed bytes. */
  expire(maxAge: number): Promise<number>;
  readonly pages: Pages;
}

/**
 * Serves the pages of all log directories, and opens the log store of each pool when the pool uses it. An unusable log
 * folder is reported, not thrown: verdicts then wait until the folder is usable. `scrape` returns the metrics.
 */
export async function openLogs(
  { workDir, listen, pin, say }: LogsOptions,
  pools: () => readonly BuilderPool[],
  scrape: Scrape,
): Promise<LocalLogs> {
  const common = join(workDir, "logs");
  const directoryOf = ({ spec }: BuilderPool) => resolve(spec.logs.directory ?? common);
  const directories = () => [...new Set([common, ...pools().map(directoryOf)])];
  const prepared = new Set<string>();

  function prepare(directory: string): void {
    if (prepared.has(directory)) return;
    prepared.add(directory);
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      say(`log folder ${directory} cannot be used (${code}): make it a writable folder; build logs wait until then`);
    }
  }

  for (const directory of directories()) prepare(directory);
  const pages = await servePages(directories, listen, scrape);
  const address = `logs and result pages: ${pages.url} (for Prometheus: /metrics)`;
  pin(
    "pages",
    [pages.warning, address].filter((line) => line !== undefined),
  );

  /** The store of a pool that was deleted meanwhile is the common folder. */
  function storeOf(name: string): LogStore {
    const pool = pools().find(({ metadata }) => metadata.name === name);
    const { s3, url } = pool?.spec.logs ?? {};
    if (s3 !== undefined)
      return createS3LogStore({ s3, url, keys: () => readBucketKeys(join(workDir, "secrets", s3.secretRef.name)) });
    const directory = pool === undefined ? common : directoryOf(pool);
    prepare(directory);
    return createDirectoryLogStore({ directory, url: url ?? pages.url });
  }

  return {
    pages,
    of: (pool) => ({
      put: (path, body, contentType) => storeOf(pool).put(path, body, contentType),
      url: (path) => storeOf(pool).url(path),
      expire: (maxAge) => storeOf(pool).expire(maxAge),
    }),
    async expire(maxAge) {
      let freed = 0;
      for (const directory of directories()) {
        const ages = pools()
          .filter((pool) => directoryOf(pool) === directory)
          .map(({ spec }) => milliseconds(spec.logs.keep));
        const age = ages.length === 0 ? maxAge : Math.max(...ages);
        freed += await createDirectoryLogStore({ directory, url: pages.url }).expire(age);
      }
      return freed;
    },
  };
}
