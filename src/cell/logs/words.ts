import { toolNameOf } from "../../core/definitions/alibuild.ts";
import type { LogScanner } from "../../core/report/scan/scan.ts";
import type { ToolOutput } from "../../core/verdict/toolOutput.ts";
import type { Ended } from "../../system/process/run.ts";
import type { CellContext } from "../cellContext.ts";

/** A finished run of aliBuild, and its words. */
export interface Said {
  readonly ended: Pick<Ended, "exitCode" | "durationMs">;
  readonly said: Pick<ToolOutput, "words" | "failedPackage">;
}

/**
 * Sends aliBuild's own words as the first log. The scanner reads them only if aliBuild failed and names no failed
 * package: the log of a failed package says more.
 */
export async function sendWords(context: CellContext, scanner: LogScanner, { ended, said }: Said): Promise<void> {
  const words = said.words();
  if (words.length === 0) return;
  const path = toolNameOf(context.order.check);
  const text = `${words.join("\n")}\n`;
  const now = context.clock.now();
  const iso = (instant: number) => new Date(instant).toISOString();
  const times = { startedAt: iso(now - ended.durationMs), finishedAt: iso(now) };
  const bytes = Buffer.from(text);
  await context.emit({ event: "logFile", path, ...times, bytes: bytes.length });
  for (let from = 0; from < text.length; from += 100_000)
    await context.emit({ event: "logText", text: text.slice(from, from + 100_000) });
  if (ended.exitCode === 0 || said.failedPackage() !== undefined) return;
  scanner.begin(path);
  scanner.write(bytes);
  scanner.end();
}
