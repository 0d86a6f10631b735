import { statfs } from "node:fs/promises";
import type { BuilderPool } from "../api/pool.ts";
import type { Brain } from "./brain.ts";
import { prepareOrder } from "./order.ts";

const cleanEvery = 60 * 60_000;
/** Free space is shown in steps of this, so that the status does not change with every byte. */
const shownStep = 2 ** 28;

/** After a build: shows the space that is left, and applies the cleanup policy to every work area when it is due or space is short. */
export async function tidy(brain: Brain, pool: BuilderPool, signal: AbortSignal): Promise<void> {
  await showDisk(brain);
  const { world } = brain;
  const now = world.clock.monotonic();
  for (const check of brain.checks()) {
    const last = brain.cleaned.get(check.name);
    const order = await prepareOrder(brain, pool, { id: brain.nextId(), task: "clean", check }, signal);
    const isShort = (brain.status.get().disk?.free ?? Number.POSITIVE_INFINITY) < order.limits.minFree;
    const isDue = now - (last ?? Number.NEGATIVE_INFINITY) >= cleanEvery;
    brain.cleaned.set(check.name, isDue || last === undefined ? now : last);
    if (!isShort && (!isDue || last === undefined)) continue;
    const outcome = await world.cells.run(order, () => {}, signal);
    const facts = { builder: world.name, check: check.name, ...outcomeFacts(outcome) };
    world.log.info(facts, "work area cleaned");
    await showDisk(brain);
  }
}

/** Free and total space of the work area's disk. */
export async function showDisk({ sandbox, status }: Brain): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(sandbox.areas);
  const free = Math.floor((bavail * bsize) / shownStep) * shownStep;
  status.say({ disk: { free, total: blocks * bsize } });
}

function outcomeFacts(outcome: {
  readonly kind: string;
  readonly message?: string;
  readonly freed?: number | undefined;
}) {
  return { outcome: outcome.kind, message: outcome.message, freed: outcome.freed };
}
