import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { Brain } from "../brain.ts";
import { prepareOrder } from "../work/order.ts";

const cleanEvery = milliseconds("1h");
/** Free space is rounded down to this many bytes, so the status does not change with every file. */
const shownStep = 2 ** 28;

/**
 * Runs after a build. The cell has already cleaned the work area of that build. Reports the free space. Once an hour,
 * or when space is short, it applies the cleanup policy to the work areas of all checks. Failures are only logged: the
 * next build meets any lasting one.
 */
export async function cleanWorkArea(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { log, name } = brain.world;
  try {
    await cleanAreas(brain, pool, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ builder: name, error: String(error) }, "cannot clean the work area; the next build retries");
  }
}

async function cleanAreas(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { clock, cells, log, name } = brain.world;
  await reportDisk(brain);
  const isDue = clock.monotonic() - brain.cleaning.last >= cleanEvery;
  const gone = await areasGone(brain);
  for (const [index, check] of brain.checks().entries()) {
    const task = { id: brain.nextId(), task: "clean", check, ...(index === 0 && { gone }) } as const;
    const order = await prepareOrder(brain, pool, task, signal);
    const isShort = (brain.status.get().disk?.free ?? Number.POSITIVE_INFINITY) < order.limits.minFree;
    if (!isDue && !isShort) continue;
    brain.cleaning.last = clock.monotonic();
    const outcome = await cells.run(order, () => {}, signal);
    log.info({ builder: name, check: check.name, outcome }, "work area cleaned");
    await reportDisk(brain);
  }
}

/** Work areas without a check in the current pool. The area of a broken check stays for later. */
async function areasGone({ sandbox, pool }: Brain): Promise<readonly string[]> {
  const now = pool();
  if (now === undefined) return [];
  const { checks, broken } = poolChecksOf(now);
  const used = new Set([...checks, ...broken].map(({ name }) => sandbox.area(name)));
  return (await readdir(sandbox.areas)).map((name) => join(sandbox.areas, name)).filter((area) => !used.has(area));
}

/** Sets free and total bytes of the work area's disk in the status. */
export async function reportDisk({ sandbox, status }: Brain): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(sandbox.areas);
  const free = Math.floor((bavail * bsize) / shownStep) * shownStep;
  status.setStatus({ disk: { free, total: blocks * bsize } });
}
