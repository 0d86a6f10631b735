import { lstatSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Order } from "../../api/cell/order.ts";
import { bytes } from "../../api/values/quantity.ts";
import type { Clock } from "../../system/clock.ts";
import { isFull } from "./space.ts";
import { exceeds, measureUsage, type Usage } from "./usage.ts";

/** The reason why a build was stopped. */
export type Overrun =
  /** The files of the order alone use more than the quota. */
  | { readonly kind: "quota"; readonly used: Usage; readonly quota: Usage }
  /** The disk stayed full. Other files than those of the order may be the reason. */
  | { readonly kind: "full" };

/** A running watch over the files of an order. */
export interface QuotaWatch {
  /** Aborts when the build must stop. */
  readonly signal: AbortSignal;
  /** Ends the watch after a last look. No process of the build may run. */
  end(): Promise<Overrun | undefined>;
}

/** Milliseconds between two looks at the disk. */
const interval = 1_000;
/** A disk that is full at this many looks in a row stays full: a build that ignores the error would block others. */
const fullLooks = 5;
/** A measurement may take this share of the time. */
const share = 1 / 20;
/** Most milliseconds of one measurement during the build, and of the last one. */
const limitMs = 60_000;
const lastLimitMs = 10_000;
/** Most files of an order without `quota.files`. The largest builds of ALICE have about a tenth. */
const mostFiles = 5_000_000;

/**
 * Watches the space of an order: its work area, HOME and TMPDIR. The counters of the file system are cheap, so they are
 * read every second. The trees are measured only while the counters leave the possibility that the order exceeds its
 * quota.
 */
export async function watchQuota({ check, paths }: Order, clock: Pick<Clock, "sleep">): Promise<QuotaWatch> {
  const folders = [paths.area, paths.home, paths.tmp];
  const quota = await quotaOf(check.quota, paths.area);
  const [exceeded, over] = [new AbortController(), new AbortController()];
  let overrun: Overrun | undefined;
  let fullFor = 0;
  /** The last measurement, and what the file systems used then. Nothing is known at first. */
  let known = { usage: { bytes: 0, files: 0 }, total: { bytes: 0, files: 0 } };
  let notBefore = Number.NEGATIVE_INFINITY;

  async function measure(most: Usage, longest: number): Promise<Usage> {
    const total = await usageOfDisks(folders);
    const startedAt = performance.now();
    const usage = await measureUsage(folders, { most, limitMs: longest });
    known = { usage, total };
    notBefore = performance.now() + (performance.now() - startedAt) / share;
    return usage;
  }

  async function look(): Promise<void> {
    const mayExceed = exceeds(grown(known, await usageOfDisks(folders)), quota);
    if (mayExceed && performance.now() >= notBefore) {
      const used = await measure(quota, limitMs);
      if (exceeds(used, quota)) overrun = { kind: "quota", used, quota };
    }
    fullFor = (await isFull(paths.area)) ? fullFor + 1 : 0;
    if (fullFor >= fullLooks) overrun ??= { kind: "full" };
    if (overrun !== undefined) exceeded.abort();
  }

  async function run(): Promise<void> {
    while (!over.signal.aborted && overrun === undefined) {
      await clock.sleep(interval, over.signal).catch(() => {});
      if (!over.signal.aborted) await look();
    }
  }

  const ended = run();
  return {
    signal: exceeded.signal,
    async end() {
      over.abort();
      await ended;
      notBefore = Number.NEGATIVE_INFINITY;
      if (overrun?.kind !== "quota") await look();
      if (overrun?.kind !== "quota") return overrun;
      // The measurement stopped at the quota, and the build may have grown since.
      const last = await measure({ bytes: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY }, lastLimitMs);
      return { ...overrun, used: largest(overrun.used, last) };
    },
  };
}

/** The quota of the check. By default half of the disk, and half of its inodes but at most five million. */
async function quotaOf(given: Order["check"]["quota"], area: string): Promise<Usage> {
  const { blocks, bsize, files } = await statfs(area);
  return {
    bytes: given?.size === undefined ? (blocks * bsize) / 2 : bytes(given.size),
    files: given?.files ?? (files === 0 ? mostFiles : Math.min(files / 2, mostFiles)),
  };
}

/** The usage of the file systems of all folders. Those without a number of inodes give no bound for files. */
async function usageOfDisks(folders: readonly string[]): Promise<Usage> {
  const devices = new Map(folders.map((path) => [deviceOf(path), path]));
  devices.delete(undefined);
  const all = await Promise.all([...devices.values()].map((path) => statfs(path).catch(() => undefined)));
  return all
    .filter((facts) => facts !== undefined)
    .map(({ blocks, bfree, bsize, files, ffree }) => ({
      bytes: (blocks - bfree) * bsize,
      files: files === 0 ? Number.POSITIVE_INFINITY : files - ffree,
    }))
    .reduce(sum, { bytes: 0, files: 0 });
}

/** Undefined for a folder that the build deleted or closed. */
function deviceOf(path: string): number | undefined {
  try {
    return lstatSync(path).dev;
  } catch {
    return undefined;
  }
}

/** The most that the order can use, if it alone changed the file systems since its measurement. */
function grown({ usage, total }: { readonly usage: Usage; readonly total: Usage }, now: Usage): Usage {
  const growth = (before: number, after: number) => (after === Number.POSITIVE_INFINITY ? after : after - before);
  return {
    bytes: usage.bytes + growth(total.bytes, now.bytes),
    files: usage.files + growth(total.files, now.files),
  };
}

function sum(a: Usage, b: Usage): Usage {
  return { bytes: a.bytes + b.bytes, files: a.files + b.files };
}

function largest(a: Usage, b: Usage): Usage {
  return { bytes: Math.max(a.bytes, b.bytes), files: Math.max(a.files, b.files) };
}
