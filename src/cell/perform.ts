import type { Outcome } from "../api/cell/event.ts";
import { toolNameOf } from "../core/definitions/alibuild.ts";
import { linkBase } from "./base/link.ts";
import { openPackages } from "./base/readable.ts";
import { build } from "./build/build.ts";
import { removeDamaged } from "./build/damage.ts";
import { emptyOrder } from "./build/overrun.ts";
import { verdictOf } from "./build/verdict.ts";
import type { CellContext } from "./cellContext.ts";
import { clean } from "./clean/clean.ts";
import { removeGone, removeLeftovers } from "./clean/gone.ts";
import { emptyFolder, reportLeftover } from "./disk/remove.ts";
import { withTool } from "./environment.ts";
import { InfrastructureFailure } from "./infrastructure.ts";
import { readLogs } from "./logs/logs.ts";
import { doctor } from "./tool/doctor.ts";
import { removeOldTools } from "./tool/oldTools.ts";
import { selftest, selftestTool } from "./tool/selftest.ts";
import { installTool, type Tool } from "./tool/tool.ts";
import { checkout } from "./tree/checkout.ts";
import { firstErrorOf } from "./tree/git.ts";
import { type Merged, merge } from "./tree/merge.ts";
import { prepare } from "./tree/prepare.ts";

/** Carries out one order. Every outcome contains the versions and commands recorded so far. */
export async function perform(context: CellContext): Promise<Outcome> {
  const facts: Facts = { versions: {}, commands: [] };
  const outcome = await tasks[context.order.task](context, facts).catch((error: unknown): Outcome => {
    if (!(error instanceof InfrastructureFailure)) throw error;
    const { reason, message, findings } = error;
    return { kind: "Infrastructure", reason, message: message.slice(0, 1024), ...(findings && { findings }) };
  });
  return {
    ...outcome,
    ...(Object.keys(facts.versions).length === 0 ? {} : { versions: facts.versions }),
    ...(facts.commands.length === 0 ? {} : { commands: facts.commands.map((command) => command.slice(0, 4000)) }),
  };
}

type Verdict = Extract<Outcome, { kind: "Verdict" }>;

interface Facts {
  versions: Record<string, string>;
  readonly commands: string[];
}

const tasks: Readonly<Record<CellContext["order"]["task"], (context: CellContext, facts: Facts) => Promise<Outcome>>> =
  {
    selftest: testTools,
    clean: cleanUp,
    warmup: warmUp,
    build: buildTree,
    delete: deleteArea,
  };

async function testTools(context: CellContext, facts: Facts): Promise<Outcome> {
  await prepare(context);
  facts.versions = { ...(await selftest(context)) };
  if (context.order.cell === "build") return { kind: "Done", message: "The build cell works" };
  const tool = await installTool(context);
  Object.assign(facts.versions, await selftestTool(context, tool));
  return { kind: "Done", message: "The tool chain works" };
}

async function cleanUp(context: CellContext): Promise<Outcome> {
  await prepare(context);
  await removeLeftovers(context);
  await removeGone(context);
  // The trees were thrown away, so there is nothing to clean.
  if (context.order.paths.gone?.includes(context.order.paths.area))
    return { kind: "Done", message: "Threw the trees away" };
  const freed = await clean(context, await installTool(context));
  await removeOldTools(context);
  return { kind: "Done", message: `Freed ${freed} bytes`, freed };
}

/** Deletes everything inside the work area, or as much as 30 s allow. The builder deletes its top folder. */
async function deleteArea(context: CellContext): Promise<Outcome> {
  await prepare(context);
  const leftover = await emptyFolder(context.order.paths.area);
  reportLeftover(leftover);
  // The next build would use what keeps its name.
  if (leftover?.wasRenamed === false)
    return { kind: "Infrastructure", reason: "SelfTestFailed", message: leftover.message.slice(0, 1024) };
  return { kind: "Done", message: leftover === undefined ? "The work area is empty" : leftover.message.slice(0, 1024) };
}

/**
 * Builds the tip of the base branch, so that dependencies are installed and caches filled. A compile error does not
 * fail the warm-up.
 */
async function warmUp(context: CellContext, facts: Facts): Promise<Outcome> {
  const startedAt = context.clock.now();
  const built = await buildTree(context, facts).catch((error: unknown) => {
    if (!(error instanceof InfrastructureFailure)) throw error;
    if (error.reason !== "BaseBroken" && error.reason !== "NothingBuilt") throw error;
    return { reason: error.reason, message: error.message, findings: error.findings };
  });
  await openPackages(context, startedAt);
  if ("reason" in built) {
    const { reason, message, findings } = built;
    const shown = { message: message.slice(0, 1024), ...(findings && { findings }) };
    return { kind: "Done", compiled: false, reason, ...shown };
  }
  const { result, description, findings } = built;
  const compiled = result === "Success";
  const reason = description === "" ? "its dependencies are warm nevertheless" : description;
  return {
    kind: "Done",
    message: compiled ? "The base branch compiles" : `The base branch does not compile; ${reason}`,
    compiled,
    ...(findings === undefined ? {} : { findings }),
  };
}

async function buildTree(context: CellContext, facts: Facts): Promise<Verdict> {
  await prepare(context);
  const tool = await installTool(context);
  facts.versions[toolNameOf(context.order.check)] = context.order.check.tool.alibuild;
  const { repositories, written } = await checkout(context);
  for (const { directory, commit } of context.order.sources) facts.versions[directory.slice(0, 64)] = commit;
  const [merged] = await firstErrorOf([merge(context, repositories), written]);
  if (merged.verdict !== undefined) return merged.verdict;
  await linkBase(context);
  const withPrograms = { ...context, env: withTool(context.env, tool.directory) };
  const verdict = (await doctor(withPrograms, tool)) ?? (await buildAndClean(withPrograms, facts, tool, merged));
  const { baseHash: mergeBase, mergeCommit } = merged;
  const missing = verdict.result === "Failure" ? merged.missing : undefined;
  return {
    ...verdict,
    mergeBase,
    ...(mergeCommit !== undefined && { mergeCommit }),
    ...(missing !== undefined && { missing }),
  };
}

/**
 * Builds, then cleans the work area even after a failure. A failed cleanup does not change the outcome. A work area that
 * filled the disk, or its quota, is emptied: it would block the next order.
 */
async function buildAndClean(context: CellContext, facts: Facts, tool: Tool, merged: Merged): Promise<Verdict> {
  const startedAt = context.clock.now();
  let isDiskFull = false;
  const built = await build(context, tool, merged);
  facts.commands.push(built.command);
  try {
    return await verdictOf(context, built, await readLogs(context, built));
  } catch (error) {
    isDiskFull = error instanceof InfrastructureFailure && error.reason === "DiskFull";
    if (error instanceof InfrastructureFailure) await removeDamaged(context.order, built.ended);
    throw error;
  } finally {
    if (context.order.cell === "build" && (isDiskFull || built.overrun !== undefined)) await emptyOrder(context.order);
    else
      await clean(context, tool, isDiskFull ? startedAt : undefined).catch((error: unknown) =>
        console.error("The work area was not cleaned:", error),
      );
  }
}
