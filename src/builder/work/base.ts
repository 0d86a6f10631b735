import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Outcome } from "../../api/cell/event.ts";
import { type Order, Source } from "../../api/cell/order.ts";
import { CheckBase } from "../../api/objects/builder.ts";
import { checkDefaults } from "../../api/objects/checkDefaults.ts";
import { redResults } from "../../core/partition/avoid.ts";
import { firstErrorOf } from "../../core/report/scan/firstError.ts";
import { commitsHashOf, withBase } from "../../core/verdict/bases.ts";
import { mergedSourcesOf } from "../../core/verdict/olderBase.ts";
import { timestamp } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import type { Brain } from "../brain.ts";
import { isProvenBroken, retryAfter } from "./refresh.ts";

/** The last good base of each check, and the bases that compiled here. Kept over restarts of the builder. */
const Memory = z.object({
  good: z.record(z.string(), z.array(Source)),
  bases: z.array(CheckBase),
  /** The last time that the tip of each check was found broken, milliseconds since 1970. */
  brokenAt: z.record(z.string(), z.number()).optional(),
});
type Memory = z.infer<typeof Memory>;

const fileOf = ({ sandbox }: Brain) => join(sandbox.state, "bases.json");

/** The stored memory; empty if there is none, or if it is damaged. */
export async function readBases(brain: Brain): Promise<Memory> {
  const text = await readFile(fileOf(brain), "utf8").catch(() => "{}");
  const read = Memory.safeParse(parseJson(text));
  return read.success ? read.data : { good: {}, bases: [] };
}

async function writeBases(brain: Brain, memory: Memory): Promise<void> {
  await writeAtomically(fileOf(brain), `${JSON.stringify(memory)}\n`);
  brain.status.setStatus({ bases: memory.bases });
}

/**
 * Stores a fact about the base of a check in memory and status. `at` is the time after its fetch. A base that aliBuild
 * can use is the last good one.
 */
export async function recordBase(
  brain: Brain,
  order: Order,
  fact: Omit<CheckBase, "check" | "commits" | "sources">,
): Promise<void> {
  const { good, bases, brokenAt } = await readBases(brain);
  const check = order.check.name;
  const known = {
    ...{ check, commits: commitsHashOf(order), sources: mergedSourcesOf(order) },
    ...fact,
  };
  const next = withBase(bases, known);
  const isGood = fact.broken === undefined && fact.compiled !== false;
  // A pull request that changes recipes may mend them, so its success says nothing about the base alone.
  const says = order.task === "warmup" || order.check.checkout !== "alidist";
  const kept = isGood && says ? { ...good, [check]: order.sources } : good;
  const seen = fact.broken === undefined ? brokenAt : { ...brokenAt, [check]: brain.world.clock.now() };
  await writeBases(brain, { good: kept, bases: next, ...(seen && { brokenAt: seen }) });
}

/**
 * Forgets the failures of the base of a check, because its trees are thrown away. That a base compiled here stays
 * known: if the same commits fail on fresh trees, the machine is at fault.
 */
export async function forgetFailures(brain: Brain, check: string): Promise<void> {
  const memory = await readBases(brain);
  const next = memory.bases.flatMap((base) => {
    if (base.check !== check) return [base];
    const { broken: _, ...kept } = base;
    return base.compiled === true ? [kept] : [];
  });
  await writeBases(brain, { ...memory, bases: next });
}

/**
 * Runs the order of a build. While the tip of the base is broken, the check's `base: LastGood` builds with the last
 * commits that aliBuild could use. The tip is tried again `retryAfter` after its last failure: a tarball store or a
 * disk may have broken it. The outcome belongs to the returned order.
 */
export async function runOnUsableBase(
  brain: Brain,
  order: Order,
  run: (order: Order) => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly order: Order }> {
  const at = timestamp(brain.world.clock);
  const { good, bases, brokenAt } = await readBases(brain);
  const commits = commitsHashOf(order);
  const known = bases.find(({ check }) => check === order.check.name);
  const { base = checkDefaults.base } = order.check;
  const last = base === "Tip" ? undefined : good[order.check.name];
  const older = last === undefined || commitsHashOf({ ...order, sources: last }) === commits ? undefined : last;
  const onOlder = { ...order, id: brain.nextId(), sources: older ?? [] };
  const attempt = async (one: Order) => blameBrokenBase(brain, one, await run(one));
  const isRecent = Math.abs(brain.world.clock.now() - (brokenAt?.[order.check.name] ?? 0)) < retryAfter;
  if (older !== undefined && isRecent && known?.commits === commits && known.broken?.reason === "BaseBroken") {
    return { outcome: await attempt(onOlder), order: onOlder };
  }
  const outcome = await attempt(order);
  await recordOutcome(brain, order, outcome, at);
  const isBroken = outcome.kind === "Infrastructure" && outcome.reason === "BaseBroken";
  if (!isBroken || older === undefined) return { outcome, order };
  return { outcome: await attempt(onOlder), order: onOlder };
}

/**
 * Replaces a red verdict on a pull request of aliBuild by BaseBroken if the base cannot be built without the pull
 * request either. The build cell has only the aliBuild of the pull request, so it cannot ask about the base.
 */
async function blameBrokenBase(brain: Brain, order: Order, outcome: Outcome): Promise<Outcome> {
  if (!order.check.testsTool || outcome.kind !== "Verdict" || !redResults.has(outcome.result)) return outcome;
  if (!(await isProvenBroken(brain, order))) return outcome;
  const { description, findings, versions, commands } = outcome;
  const error = firstErrorOf(findings) || description || "see the log";
  const message = `${order.check.branch} of ${order.check.repository} cannot build the base of ${order.check.name} either: ${error}`;
  const facts = { ...(findings && { findings }), ...(versions && { versions }), ...(commands && { commands }) };
  return { kind: "Infrastructure", reason: "BaseBroken", message, ...facts };
}

/**
 * Records what a build of a pull request says about its base. Code of the pull request can forge a broken base in its
 * own work area, and other pull requests would then use an older base. So only a base that is proven broken counts.
 */
async function recordOutcome(brain: Brain, order: Order, outcome: Outcome, at: string): Promise<void> {
  if (outcome.kind === "Infrastructure" && (outcome.reason === "BaseBroken" || outcome.reason === "NothingBuilt")) {
    if (!(await isProvenBroken(brain, order))) return;
    const { reason, message } = outcome;
    const broken = { reason, message: message.slice(0, 600).toWellFormed(), since: timestamp(brain.world.clock) };
    await recordBase(brain, order, { at, broken });
  } else if (outcome.kind === "Verdict" && (outcome.result === "Success" || outcome.result === "Failure")) {
    await recordBase(brain, order, { at });
  }
}
