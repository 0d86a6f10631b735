import type { Findings, Outcome } from "../../api/cell/event.ts";
import { doctorVectorOf, toolNameOf } from "../../core/definitions/alibuild.ts";
import { LogScanner } from "../../core/report/scan/scan.ts";
import { ToolOutput } from "../../core/verdict/toolOutput.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { countMemoryKills, outOfMemoryClause } from "../memory.ts";
import { changeOf } from "../tree/change.ts";
import { isAccepted, recordAcceptance } from "./acceptance.ts";
import { baseTitleOf, isBaseRefused } from "./baseAlone.ts";
import type { Tool } from "./tool.ts";

/**
 * Runs `aliBuild doctor`: undefined if the recipes can be built here, else a verdict with the output as its log. Doctor
 * reads the recipes and the machine alone. So a refusal is a verdict only for a pull request that changes the recipes or
 * the tool, and only if doctor accepts the base alone. Every other refusal is the InfrastructureFailure BaseBroken. Recipes
 * that doctor accepted on the base are not read again.
 */
export async function doctor(
  context: CellContext,
  tool: Tool,
): Promise<Extract<Outcome, { kind: "Verdict" }> | undefined> {
  if (await isAccepted(context, tool)) return undefined;
  const { check } = context.order;
  const name = `${toolNameOf(check)} doctor`;
  await context.emit({ event: "step", step: "doctor" });
  const startedAt = context.clock.now();
  const killsBefore = await countMemoryKills();
  const said = new ToolOutput();
  const onChunk = async (chunk: Uint8Array) => {
    said.write(chunk);
    await context.print(chunk);
  };
  const ended = await runShort(context, tool.program, doctorVectorOf(check), { onChunk });
  await context.quiesce();
  await recordAcceptance(context, tool, ended.exitCode === 0);
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
  const findings = await sendLog(context, name, startedAt, `${said.words().join("\n")}\n`);
  const { kind } = await changeOf(context);
  if (kind === "package" || (kind === "recipes" && (await isBaseRefused(context, tool)))) {
    throw new InfrastructureFailure(
      "BaseBroken",
      `${name} refuses ${baseTitleOf(context)}: ${errorsIn(said) ?? lastLineOf(ended)}`,
      findings,
    );
  }
  return { kind: "Verdict", result: "DoctorError", description: `${name} error`, findings };
}

/** The errors of doctor as one sentence, at most 400 characters; undefined without errors. */
function errorsIn(said: ToolOutput): string | undefined {
  const errors = said.words().flatMap((line) => (line.startsWith("ERROR: ") ? [line.slice(7).trim()] : []));
  const reasons = errors.filter((line) => line !== "" && line !== "^" && !line.startsWith("There were errors: "));
  return reasons.length === 0 ? undefined : reasons.join(" ").slice(0, 400);
}

/** Sends the words of doctor as the only log, since nothing was built. */
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
