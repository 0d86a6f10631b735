import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Outcome } from "../../api/cell/event.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { cleanAnnotation } from "../../api/objects/group.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import { staleTreesOf } from "../../core/verdict/streak.ts";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import type { Brain } from "../brain.ts";
import { forgetFailures } from "./base.ts";
import { deleteArea } from "./deleteArea.ts";
import { prepareOrder } from "./order.ts";
import { queueViewOf } from "./queueView.ts";
import { forgetRefresh } from "./refresh.ts";

const Trees = z.object({
  /** Number of times that the trees were thrown away. */
  generation: z.int(),
  /** Number of streaks of red verdicts that another opinion refuted. */
  refuted: z.int(),
  /** The last request of a person that was carried out. */
  cleaned: z.string().optional(),
});
type Trees = z.infer<typeof Trees>;

const fileOf = ({ sandbox }: Brain) => join(sandbox.state, "trees.json");

/** The generation of this builder's trees, kept over restarts. */
export async function readTrees(brain: Brain): Promise<Trees> {
  const text = await readFile(fileOf(brain), "utf8").catch(() => "{}");
  const read = Trees.safeParse(parseJson(text));
  return read.success ? read.data : { generation: 0, refuted: 0 };
}

/** Trees to throw away, and the reason as a sentence. */
export interface StaleTrees {
  readonly message: string;
  /** Whether another opinion refuted the verdicts on these trees. */
  readonly isRefuted: boolean;
  /** The request of a person: a check name or `*`, and a time. */
  readonly requested?: string;
}

/** The trees to throw away now; undefined if there is no reason. */
export async function findStaleTrees(brain: Brain): Promise<StaleTrees | undefined> {
  const { name } = brain.world;
  const { generation, cleaned } = await readTrees(brain);
  const requested = brain.self()?.metadata.annotations?.[cleanAnnotation];
  if (requested !== undefined && requested !== cleaned) {
    return { message: `A person asked "${name}" to throw its trees away`, isRefuted: false, requested };
  }
  const pool = brain.pool();
  if (pool === undefined) return undefined;
  const view = queueViewOf(brain, pool);
  const stale = staleTreesOf({ builder: name, generation }, view.builds, view);
  if (stale === undefined) return undefined;
  const message = {
    Refuted: `A second opinion refuted ${stale.reds} red verdicts of "${name}"`,
    Alone: `"${name}" gave three red verdicts in a row, and no other builder can give a second opinion`,
  }[stale.reason];
  return { message, isRefuted: stale.reason === "Refuted" };
}

/**
 * Throws the trees of this builder away, base and pull requests. The next warm-up builds the base again. Throws an
 * Error if a tree is still in its place: the generation then stays.
 */
export async function throwTreesAway(
  brain: Brain,
  pool: BuilderPool,
  { isRefuted, requested }: StaleTrees,
  signal: AbortSignal,
): Promise<Trees> {
  const { generation, refuted, cleaned } = await readTrees(brain);
  const wanted = requested?.split(" ")[0] ?? "*";
  for (const check of brain.checks().filter(({ name }) => wanted === "*" || name === wanted))
    await throwBaseAway(brain, pool, check, signal);
  const folder = wanted === "*" ? undefined : checkDirectoryOf(wanted);
  await brain.areas.leave();
  for (const area of await brain.areas.list())
    if (folder === undefined || area.folder === folder)
      requireDone(await deleteArea(brain, pool, area, signal), `the work area ${area.folder}/${area.name}`);
  const done = requested ?? cleaned;
  const next = {
    generation: generation + 1,
    refuted: refuted + (isRefuted ? 1 : 0),
    ...(done !== undefined && { cleaned: done }),
  };
  await writeAtomically(fileOf(brain), `${JSON.stringify(next)}\n`);
  return next;
}

/** Deletes the base work area of a check, by an order to the base cell, after the records about it. */
async function throwBaseAway(
  brain: Brain,
  pool: BuilderPool,
  check: ResolvedCheck,
  signal: AbortSignal,
): Promise<void> {
  const base = brain.sandbox.base(check.name);
  await forgetRefresh(brain, check);
  await forgetFailures(brain, check.name);
  const order = await prepareOrder(brain, pool, { id: brain.nextId(), task: "clean", check, gone: [base] }, signal);
  // Every tree is older than a negative age.
  const limits = { ...order.limits, maxAge: -86_400_000 };
  requireDone(await brain.world.cells.run({ ...order, limits }, () => {}, signal), `the base ${base}`);
  if ((await lstat(base).catch(() => undefined)) !== undefined)
    throw new Error(`The cell left ${base} in its place; delete this folder`);
}

function requireDone(outcome: Outcome | undefined, subject: string): void {
  if (outcome === undefined || outcome.kind === "Done") return;
  const reason = outcome.kind === "Infrastructure" ? outcome.message : "the cell gave a verdict instead of a deletion";
  throw new Error(`${subject} is still there: ${reason}`);
}
