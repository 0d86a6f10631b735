import type { Findings, Outcome } from "../../api/cell/event.ts";
import { doctorVectorOf, toolNameOf } from "../../core/definitions/alibuild.ts";
import { LogScanner } from "../../core/report/scan/scan.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { countMemoryKills, outOfMemoryClause } from "../memory.ts";
import type { Tool } from "./tool.ts";

/** Runs `aliBuild doctor`: undefined if the recipes can be built here, else a verdict with the output as its log. */
export async function doctor(
  context: CellContext,
  tool: Tool,
): Promise<Extract<Outcome, { kind: "Verdict" }> | undefined> {
  const { check } = context.order;
  const name = `${toolNameOf(check)} doctor`;
  await context.emit({ event: "step", step: "doctor" });
  const startedAt = context.clock.now();
  const killsBefore = await countMemoryKills();
  const ended = await runShort(context, tool.program, doctorVectorOf(check), { onChunk: context.print });
  await context.quiesce();
  if (ended.exitCode === 0) return undefined;
  await refuseFullDisk(context.order, ended.tail);
  if ((await countMemoryKills()) > killsBefore) {
    const message = `${name} ${await outOfMemoryClause()}; raise the memory of the builder`;
    throw new InfrastructureFailure("OutOfMemory", message);
  }
  if (ended.exitCode === undefined || ended.exitCode > 128) {
    throw new InfrastructureFailure(
      ended.signal === "SIGKILL" && !ended.timedOut ? "OutOfMemory" : "SelfTestFailed",
      `${name} ${endingOf(ended)}: ${lastLineOf(ended)}`,
    );
  }
  const findings = await sendLog(context, name, startedAt, ended.tail);
  return { kind: "Verdict", result: "DoctorError", description: `${name} error`, findings };
}

/** Sends the output of the doctor as the only log, since nothing was built. */
async function sendLog({ emit, clock }: CellContext, path: string, startedAt: number, text: string): Promise<Findings> {
  const iso = (instant: number) => new Date(instant).toISOString();
  const bytes = Buffer.from(text);
  const times = { startedAt: iso(startedAt), finishedAt: iso(clock.now()) };
  await emit({ event: "logFile", path, ...times, bytes: bytes.length });
  await emit({ event: "logText", text });
  const scanner = new LogScanner({ isImportant: () => true });
  scanner.begin(path);
  scanner.write(bytes);
  scanner.end();
  return scanner.findings();
}
