import { availableParallelism } from "node:os";
import { join } from "node:path";
import { milliseconds } from "../../api/values/duration.ts";
import { buildIdentifierOf, buildVectorOf, toolNameOf } from "../../core/definitions/alibuild.ts";
import { type Ended, run } from "../../system/process/run.ts";
import type { CellContext } from "../cellContext.ts";
import { namesIn, removePlantedLinks } from "../disk/plantedLinks.ts";
import { remove, reportLeftover } from "../disk/remove.ts";
import { countMemoryKills } from "../memory.ts";
import type { Tool } from "../tool/tool.ts";
import type { Merged } from "../tree/merge.ts";
import { Progress } from "./progress.ts";
import { Watch } from "./watch.ts";

/** The result of `aliBuild build`. */
export interface Built {
  readonly ended: Ended;
  readonly seen: Watch;
  /** The result of `countMemoryKills` before the build. */
  readonly memoryKills: number;
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
  });
  const killsBefore = await countMemoryKills();
  const seen = new Watch();
  const progress = new Progress(context.clock, (message) => emit({ event: "progress", message }));
  const ended = await run({
    command: tool.program,
    args,
    cwd: order.paths.area,
    env: context.env,
    signal: context.signal,
    timeoutMs: milliseconds(order.check.timeouts.build),
    onChunk: async (chunk) => {
      seen.write(chunk);
      await progress.write(chunk);
      await context.print(chunk);
    },
  });
  await context.quiesce();
  return { ended, seen, memoryKills: killsBefore, command: [toolNameOf(order.check), ...args].map(quoted).join(" ") };
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
