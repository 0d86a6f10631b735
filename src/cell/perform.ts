import type { Outcome } from "../api/cell/event.ts";
import { toolNameOf } from "../core/definitions/alibuild.ts";
import { build } from "./build/build.ts";
import { verdictOf } from "./build/verdict.ts";
import type { CellContext } from "./cellContext.ts";
import { clean } from "./clean/clean.ts";
import { removeGone, removeLeftovers } from "./clean/gone.ts";
import { withTool } from "./environment.ts";
import { InfrastructureFailure } from "./infrastructure.ts";
import { readLogs } from "./logs/logs.ts";
import { doctor } from "./tool/doctor.ts";
import { removeOldTools } from "./tool/oldTools.ts";
import { selftest, selftestTool } from "./tool/selftest.ts";
import { installTool, type Tool } from "./tool/tool.ts";
import { checkout } from "./tree/checkout.ts";
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
  };

async function testTools(context: CellContext, facts: Facts): Promise<Outcome> {
  await prepare(context);
  facts.versions = { ...(await selftest(context)) };
  const tool = await installTool(context);
  Object.assign(facts.versions, await selftestTool(context, tool));
  return { kind: "Done", message: "The tool chain works" };
}

async function cleanUp(context: CellContext): Promise<Outcome> {
  await prepare(context);
  await removeLeftovers(context);
  await removeGone(context);
  const freed = await clean(context, await installTool(context));
  await removeOldTools(context);
  return { kind: "Done", message: `Freed ${freed} bytes`, freed };
}

/**
 * Builds the tip of the base branch, so that dependencies are installed and caches filled. A compile error does not
 * fail the warm-up.
 */
async function warmUp(context: CellContext, facts: Facts): Promise<Outcome> {
  const { result, description, findings } = await buildTree(context, facts);
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
  await checkout(context);
  for (const { directory, commit } of context.order.sources) facts.versions[directory.slice(0, 64)] = commit;
  const merged = await merge(context);
  if (merged.verdict !== undefined) return merged.verdict;
  const withPrograms = { ...context, env: withTool(context.env, tool.directory) };
  const verdict = (await doctor(withPrograms, tool)) ?? (await buildAndClean(withPrograms, facts, tool, merged));
  return { ...verdict, mergeBase: merged.baseHash };
}

/** Builds, then cleans the work area even after a failure. A failed cleanup does not change the outcome. */
async function buildAndClean(context: CellContext, facts: Facts, tool: Tool, merged: Merged): Promise<Verdict> {
  const startedAt = context.clock.now();
  let suspectSince: number | undefined;
  const built = await build(context, tool, merged);
  facts.commands.push(built.command);
  try {
    return await verdictOf(context, built, await readLogs(context));
  } catch (error) {
    if (error instanceof InfrastructureFailure && error.reason === "DiskFull") suspectSince = startedAt;
    throw error;
  } finally {
    await clean(context, tool, suspectSince).catch((error: unknown) =>
      console.error("The work area was not cleaned:", error),
    );
  }
}
