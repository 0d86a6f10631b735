import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { expiredAreas } from "../areas/expiry.ts";
import type { AreaName } from "../areas/plan.ts";
import type { Brain } from "../brain.ts";
import { deleteArea } from "../work/deleteArea.ts";
import { areaOf } from "../work/order.ts";

/** Milliseconds after which no deletion of an expired area starts: a build may wait. Later calls continue. */
const longest = 30_000;

/**
 * Deletes the work areas of closed pull requests and those without use for `cleanup.maxAge`. While the disk is short,
 * deletes others too, the oldest first.
 */
export async function deleteAreas(
  brain: Brain,
  pool: BuilderPool,
  signal: AbortSignal,
  isShort: () => Promise<boolean>,
): Promise<void> {
  const { expired, ifShort } = expiredAreas({
    parked: await brain.areas.list(),
    isWanted: wantedAreas(brain),
    now: brain.world.clock.now(),
    maxAge: milliseconds(pool.spec.cleanup.maxAge),
  });
  const { clock } = brain.world;
  const startedAt = clock.monotonic();
  for (const area of expired) if (clock.monotonic() - startedAt < longest) await deleteArea(brain, pool, area, signal);
  for (const area of ifShort) if (await isShort()) await deleteArea(brain, pool, area, signal);
}

/**
 * Deletes work areas while the disk is short: unknown names first, then the newest, since it may have filled the disk.
 * A full disk may have no space to move a work area, so each failure is logged and the next one follows.
 */
export async function deleteAllAreas(
  brain: Brain,
  pool: BuilderPool,
  signal: AbortSignal,
  isShort: () => Promise<boolean>,
): Promise<void> {
  const isWanted = wantedAreas(brain);
  const newestFirst = (await brain.areas.list()).toSorted((a, b) => b.lastUsed - a.lastUsed);
  for (const area of newestFirst.toSorted((a, b) => Number(isWanted(a)) - Number(isWanted(b))))
    if (await isShort())
      await deleteArea(brain, pool, area, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        brain.world.log.warn({ ...area, error: String(error) }, "a work area cannot be deleted on the full disk");
      });
}

/** The work areas of all Builds of the pool. The object of a Build goes when its pull request is closed. */
function wantedAreas(brain: Brain): (area: AreaName) => boolean {
  const keyOf = ({ folder, name }: AreaName) => `${folder}/${name}`;
  const checks = new Map(brain.checks().map((check) => [check.name, check]));
  const wanted = new Set<string>();
  for (const { spec } of brain.builds.list()) {
    const check = checks.get(spec.check);
    if (check !== undefined) wanted.add(keyOf(areaOf(check, spec.number)));
  }
  for (const check of checks.values()) if (check.sharedTree) wanted.add(keyOf(areaOf(check, 0)));
  return (area) => wanted.has(keyOf(area));
}
