import type { Outcome } from "../api/event.ts";
import { doctorVector, toolName } from "../core/definitions/alibuild.ts";
import { ending, type Hands, lastLine, runShort } from "./hands.ts";
import { InfrastructureFailure } from "./infrastructure.ts";
import { refuseFullDisk } from "./space.ts";
import type { Tool } from "./tool.ts";

/** Asks aliBuild whether the recipes can be built here. Undefined when they can. */
export async function doctor(hands: Hands, tool: Tool): Promise<Extract<Outcome, { kind: "Verdict" }> | undefined> {
  const { check } = hands.order;
  await hands.emit({ event: "step", step: "doctor" });
  const ended = await runShort(hands, tool.program, doctorVector(check), { onChunk: hands.print });
  await hands.quiesce();
  if (ended.exitCode === 0) return undefined;
  await refuseFullDisk(hands.order, ended.tail);
  if (ended.exitCode === undefined || ended.exitCode > 128) {
    throw new InfrastructureFailure(
      ended.signal === "SIGKILL" && !ended.timedOut ? "OutOfMemory" : "SelfTestFailed",
      `${toolName(check)} doctor ${ending(ended)}: ${lastLine(ended)}`,
    );
  }
  return { kind: "Verdict", result: "DoctorError", description: `${toolName(check)} doctor error` };
}
