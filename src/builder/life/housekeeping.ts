import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { Brain } from "../brain.ts";
import { prepareOrder } from "../work/order.ts";

const cleanEvery = milliseconds("1h");
/** Free space is shown in steps of this, so that the status does not change with every file. */
const shownStep = 2 ** 28;

/**
 * After a build, whose own area the cell has cleaned: shows the space that is left and, once an hour or when it is short, applies the cleanup
 * policy to the areas of all checks. What goes wrong here is logged; the next build finds it again if it matters.
 */
export async function cleanWorkArea(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { log, name } = brain.world;
  try {
    await cleanAreas(brain, pool, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ builder: name, error: String(error) }, "the work area could not be cleaned");
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

/** Areas in which nothing is built any more, by the pool as it is now; one of a check that is only broken waits to be used again. */
async function areasGone({ sandbox, pool }: Brain): Promise<readonly string[]> {
  const now = pool();
  if (now === undefined) return [];
  const { checks, broken } = poolChecksOf(now);
  const used = new Set([...checks, ...broken].map(({ name }) => sandbox.area(name)));
  return (await readdir(sandbox.areas)).map((name) => join(sandbox.areas, name)).filter((area) => !used.has(area));
}

/** Free and total space of the work area's disk. */
export async function reportDisk({ sandbox, status }: Brain): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(sandbox.areas);
  const free = Math.floor((bavail * bsize) / shownStep) * shownStep;
  status.setStatus({ disk: { free, total: blocks * bsize } });
}
