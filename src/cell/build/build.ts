import { availableParallelism } from "node:os";
import { join } from "node:path";
import { milliseconds } from "../../api/values/duration.ts";
import { buildIdentifierOf, buildVectorOf, toolNameOf } from "../../core/definitions/alibuild.ts";
import type { Change } from "../../core/verdict/canCause.ts";
import { ToolOutput } from "../../core/verdict/toolOutput.ts";
import { type Ended, run } from "../../system/process/run.ts";
import type { CellContext } from "../cellContext.ts";
import { namesIn, removePlantedLinks } from "../disk/plantedLinks.ts";
import { type Overrun, watchQuota } from "../disk/quota.ts";
import { remove, reportLeftover } from "../disk/remove.ts";
import { countMemoryKills } from "../memory.ts";
import type { Tool } from "../tool/tool.ts";
import { changeOf, headOf } from "../tree/change.ts";
import type { Merged } from "../tree/merge.ts";
import { forgetBuilds } from "./forget.ts";
import { Progress } from "./progress.ts";
import { Watch } from "./watch.ts";

/** The result of `aliBuild build`. */
export interface Built {
  readonly ended: Ended;
  readonly tool: Tool;
  readonly seen: Watch;
  /** aliBuild's own words. */
  readonly said: ToolOutput;
  /** The part of the build that the pull request changes. */
  readonly change: Change;
  /** The commit in the merge directory; empty without one. */
  readonly mergedCommit: string;
  /** The result of `countMemoryKills` before the build. */
  readonly memoryKills: number;
  /** Whether trees of earlier builds were in the work area. */
  readonly isWarm: boolean;
  /** The reason why the cell stopped the build for its use of the disk. */
  readonly overrun?: Overrun | undefined;
  /** The command for a shell. */
  readonly command: string;
}

/** Runs `aliBuild build`. `verdictOf` interprets the result. */
export async function build(context: CellContext, tool: Tool, merged: Merged): Promise<Built> {
  const { order, emit } = context;
  await emit({ event: "step", step: "build" });
  await removePlantedLinks(order.paths.area);
  await removeLogLinks(order.paths.area);
  const args = buildVectorOf(order.check, {
    identifier: buildIdentifierOf(order.check, order.pullRequest?.number),
    ...merged,
    processors: availableParallelism(),
    secrets: order.paths.secrets,
    dependenciesOnly: order.dependenciesOnly,
  });
  const change = await changeOf(context);
  const mergedCommit = await headOf(context);
  if (order.again === true)
    await forgetBuilds(context, [order.check.package, ...(change.kind === "package" ? [change.name] : [])]);
  const isWarm = (await namesIn(join(order.paths.area, "sw/BUILD"))).length > 0;
  const killsBefore = await countMemoryKills();
  const seen = new Watch();
  const said = new ToolOutput();
  const progress = new Progress(context.clock, (message) => emit({ event: "progress", message }));
  // The base is trusted, and its size is the sum of all packages.
  const space = order.cell === "build" ? await watchQuota(order, context.clock) : undefined;
  const ended = await run({
    command: tool.program,
    args,
    cwd: order.paths.area,
    env: context.env,
    signal: space === undefined ? context.signal : AbortSignal.any([context.signal, space.signal]),
    timeoutMs: milliseconds(order.check.timeouts.build),
    onChunk: async (chunk) => {
      seen.write(chunk);
      said.write(chunk);
      await progress.write(chunk);
      await context.print(chunk);
    },
  });
  await context.quiesce();
  const overrun = await space?.end();
  const command = [toolNameOf(order.check), ...args].map(quoted).join(" ");
  return { ended, tool, seen, said, change, mergedCommit, memoryKills: killsBefore, isWarm, overrun, command };
}

/**
 * Removes the links to logs of earlier builds, so that every log found later belongs to this build. Links with an
 * identifier (`<package>-latest-<id>`) stay: they protect the trees of other pull requests from the cleanup.
 */
async function removeLogLinks(area: string): Promise<void> {
  const builds = join(area, "sw/BUILD");
  for (const name of (await namesIn(builds)).filter((one) => one.endsWith("latest")))
    reportLeftover(await remove(join(builds, name)));
  reportLeftover(await remove(join(area, "sw/MIRROR/fetch-log.txt")));
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
