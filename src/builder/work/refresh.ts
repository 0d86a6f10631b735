import { createHash } from "node:crypto";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { checkDirectoryOf } from "../../core/report/log/paths.ts";
import { baseFactsOf } from "../../core/verdict/bases.ts";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import { type Brain, StoppedError } from "../brain.ts";
import { baseOrderOf } from "./order.ts";

/** The record of the last build of a base, in `state/`, where no cell writes. */
const BaseRecord = z.object({
  /** From `baseKeyOf`. */
  key: z.string(),
  /** Whether everything compiled. */
  compiled: z.boolean(),
  /** Time of the build, milliseconds since 1970. */
  at: z.number(),
});
type BaseRecord = z.infer<typeof BaseRecord>;

/** Milliseconds until a base whose dependencies do not compile is built again. */
export const retryAfter = milliseconds("1h");

/**
 * Brings the base of a build up to date, in the base cell: the tool, and the dependencies at the commits of the order.
 * All later pull requests use the same base. Dependencies that do not compile do not stop the build, which then
 * decides. Throws a StoppedError for an infrastructure failure.
 */
export async function refreshBase(brain: Brain, order: Order, signal: AbortSignal): Promise<void> {
  const { check } = order;
  const needsBuild = !(await isFresh(brain, order));
  if (!needsBuild && (await hasTool(brain, check))) return;
  const base = baseOrderOf(brain, order, brain.nextId());
  const asked: Order = needsBuild ? base : { ...base, task: "selftest", sources: [] };
  brain.setNote("base", needsBuild ? `Building the dependencies of ${check.name} in the base first` : undefined);
  try {
    const outcome = await brain.world.cells.run(
      asked,
      (event) => {
        if (event.event === "step") brain.status.setStatus({ step: event.step });
      },
      signal,
    );
    if (outcome.kind === "Infrastructure")
      throw new StoppedError(outcome.reason, `The base of ${check.name} cannot be built: ${outcome.message}`);
    if (needsBuild) await recordRefresh(brain, base, outcome);
  } finally {
    brain.setNote("base", undefined);
  }
}

/** Records what the base of a check was built from. Call it after every warm-up order. */
export async function recordRefresh({ sandbox, world }: Brain, order: Order, outcome: Outcome): Promise<void> {
  const compiled = outcome.kind === "Done" && outcome.compiled !== false;
  const record: BaseRecord = { key: baseKeyOf(order), compiled, at: world.clock.now() };
  const path = recordPathOf(sandbox.state, order.check);
  await mkdir(join(path, ".."), { recursive: true });
  await writeAtomically(path, `${JSON.stringify(record)}\n`);
}

/**
 * Whether the base cell found the base of a build broken: doctor refused the recipes, or a dependency did not compile.
 * Call it after `refreshBase`. The build cell cannot prove this, because code of the pull request runs there.
 */
export async function isProvenBroken(brain: Brain, order: Order): Promise<boolean> {
  const record = await readRecord(brain, order);
  return record !== undefined && !record.compiled;
}

/** Whether the base cell could build the base of a build, so that only the pull request can break it. */
export async function isProvenSound(brain: Brain, order: Order): Promise<boolean> {
  return (await readRecord(brain, order))?.compiled === true;
}

/** Forgets what the base of a check was built from. Call it before the base is deleted. */
export async function forgetRefresh({ sandbox }: Brain, check: ResolvedCheck): Promise<void> {
  await rm(recordPathOf(sandbox.state, check), { force: true });
}

async function isFresh(brain: Brain, order: Order): Promise<boolean> {
  const { sandbox, world } = brain;
  const record = await readRecord(brain, order);
  if (record === undefined || !(await exists(join(sandbox.base(order.check.name), "sw")))) return false;
  return record.compiled || Math.abs(world.clock.now() - record.at) < retryAfter;
}

/** The record of the base, if it was built from what the order needs. */
async function readRecord({ sandbox }: Brain, order: Order): Promise<BaseRecord | undefined> {
  const text = await readFile(recordPathOf(sandbox.state, order.check), "utf8").catch(() => "");
  const { data } = BaseRecord.safeParse(parseJson(text));
  return data?.key === baseKeyOf(order) ? data : undefined;
}

/**
 * Whether a build finds its tool. A branch or tag of a repository may have moved, so the base cell looks it up. The
 * build cell itself installs the tool of a pull request.
 */
async function hasTool({ sandbox }: Brain, { tool }: ResolvedCheck): Promise<boolean> {
  if (tool.alibuild.endsWith("@$PR_HASH")) return true;
  if (tool.alibuild.includes("@")) return false;
  return await exists(join(sandbox.tools, `alibuild-${tool.alibuild}`, "installed"));
}

/**
 * A digest of everything that decides which packages the base needs. The commit of the checked package is left out,
 * since every pull request builds that package itself. Recipes always count.
 */
function baseKeyOf({ check, sources }: Order): string {
  const { developmentPackages, checkout } = check;
  const commits = sources
    .filter(({ directory }) => directory === "alidist" || directory !== checkout)
    .map(({ directory, commit }) => [directory, commit]);
  const names = developmentPackages.map(({ directory }) => directory);
  const facts = [...baseFactsOf(check), names, commits];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

function recordPathOf(state: string, { name }: Pick<ResolvedCheck, "name">): string {
  return join(state, "refreshed", `${checkDirectoryOf(name)}.json`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
