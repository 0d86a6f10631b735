import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { Brain } from "../brain.ts";
import { nextWork } from "../work/next.ts";
import { minFreeOf, prepareOrder } from "../work/order.ts";
import { deleteAllAreas, deleteAreas } from "./oldAreas.ts";

const cleanEvery = milliseconds("1h");
/** Below this free share of the inodes, work areas are deleted. File systems without a number of inodes have enough. */
const leastInodes = 0.1;
/** Free share of a disk without space for a warm-up. */
const almostFull = 0.03;
/** Free space is rounded down to this many bytes, so the status does not change with every file. */
const shownStep = 2 ** 28;

/**
 * Runs after a build. The build cell has already cleaned the work area of that build. Deletes work areas of closed pull
 * requests, and old ones. The base cell applies the cleanup policy to the base work area of one check, an hour after
 * its last cleaning. Untested work that waits goes first. While space is short, the work areas of all checks are
 * cleaned. Reports the free space. Failures are only logged: the next build meets any lasting one.
 */
export async function cleanWorkArea(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { log, name } = brain.world;
  try {
    await reportDisk(brain);
    await cleanBases(brain, pool, signal);
    await deleteAreas(brain, pool, signal, () => isShort(brain, pool));
    await reportDisk(brain);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ builder: name, error: String(error) }, "cannot clean the work area; the next build retries");
  }
}

async function cleanBases(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { clock, cells, log, name } = brain.world;
  const { bornAt, last } = brain.cleaning;
  const cleanedAt = (check: ResolvedCheck) => last.get(check.name) ?? bornAt;
  const oldestFirst = brain.checks().toSorted((a, b) => cleanedAt(a) - cleanedAt(b));
  const isDue = oldestFirst.some((check) => clock.monotonic() - cleanedAt(check) >= cleanEvery);
  const hasTurn = isDue && !(await hasUntestedWork(brain));
  const gone = await basesGone(brain);
  for (const [index, check] of oldestFirst.entries()) {
    if (!(index === 0 && hasTurn) && !(await isShort(brain, pool))) return;
    const task = { id: brain.nextId(), task: "clean", check, ...(index === 0 && { gone }) } as const;
    const order = await prepareOrder(brain, pool, task, signal);
    last.set(check.name, clock.monotonic());
    const outcome = await cells.run(order, () => {}, signal);
    log.info({ builder: name, check: check.name, outcome }, "base work area cleaned");
  }
}

/** Whether this builder would start an untested pull request now. */
async function hasUntestedWork(brain: Brain): Promise<boolean> {
  const work = await nextWork(brain);
  return "build" in work && work.build.spec.group === "untested";
}

/** Base work areas without a check in the current pool. The area of a broken check stays for later. */
async function basesGone({ sandbox, pool }: Brain): Promise<readonly string[]> {
  const now = pool();
  if (now === undefined) return [];
  const { checks, broken } = poolChecksOf(now);
  const used = new Set([...checks, ...broken].map(({ name }) => sandbox.base(name)));
  return (await readdir(sandbox.bases)).map((name) => join(sandbox.bases, name)).filter((area) => !used.has(area));
}

/** Whether bytes or inodes are missing. */
async function isShort(brain: Brain, pool: BuilderPool): Promise<boolean> {
  const { bavail, bsize, files, ffree } = await statfs(brain.sandbox.areas);
  return bavail * bsize < (await minFreeOf(brain, pool)) || ffree < files * leastInodes;
}

/**
 * Frees space for a warm-up that cannot go on, if the disk is almost full: an earlier process may have died with a
 * build that filled it. Empties HOME and TMPDIR of builds, then deletes work areas of pull requests, first those with
 * unknown names, then the newest.
 */
export async function makeRoom(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  const { cells, log, name } = brain.world;
  const [check] = brain.checks();
  if (check === undefined || !(await isAlmostFull(brain))) return;
  log.warn({ builder: name }, "the disk is almost full during the warm-up; deleting files of builds");
  const task = { id: brain.nextId(), task: "selftest", cell: "build", check } as const; // empties HOME and TMPDIR first
  await cells.run(await prepareOrder(brain, pool, task, signal), () => {}, signal);
  await deleteAllAreas(brain, pool, signal, () => isAlmostFull(brain));
}

async function isAlmostFull({ sandbox }: Brain): Promise<boolean> {
  const { bavail, blocks, files, ffree } = await statfs(sandbox.areas);
  return bavail < blocks * almostFull || ffree < files * almostFull;
}

/** Sets free and total bytes of the work area's disk in the status. */
export async function reportDisk({ sandbox, status }: Brain): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(sandbox.areas);
  const free = Math.floor((bavail * bsize) / shownStep) * shownStep;
  status.setStatus({ disk: { free, total: blocks * bsize } });
}
