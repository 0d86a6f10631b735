import type { Findings, Outcome } from "../../api/cell/event.ts";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, endingOf, lastLineOf } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import type { ReadLogs } from "../logs/logs.ts";
import { memoryKills, ranOutOfMemory } from "../memory.ts";
import type { Built } from "./build.ts";

/** Most lines of a preview the contract allows. */
const longestPreview = 60;

/** What the end of `aliBuild build` says: about the pull request, or (thrown) about the machine. */
export async function verdictOf(
  context: CellContext,
  built: Built,
  { findings, fetchFailed, began }: ReadLogs,
): Promise<Extract<Outcome, { kind: "Verdict" }>> {
  const { order } = context;
  const { ended, seen } = built;
  const tool = toolNameOf(order.check);
  if (ended.exitCode === 0) return { kind: "Verdict", result: "Success", description: "", findings };
  await refuseFullDisk(order, seen.diskFull);
  if (ended.notStarted !== undefined || ended.canceled) {
    throw new InfrastructureFailure("SelfTestFailed", `${tool} build ${endingOf(ended)}: ${lastLineOf(ended)}`);
  }
  const killed = !ended.timedOut && (ended.signal === "SIGKILL" || ended.exitCode === 137);
  // The kernel may well take a compiler or a test, and the build goes on to fail or to hang for it: its count is believed whatever the end.
  if ((await memoryKills()) > built.memoryKills || (killed && (seen.killed || has(findings, "killed")))) {
    throw new InfrastructureFailure(
      "OutOfMemory",
      `${tool} build ${await ranOutOfMemory()}; lower spec.jobs, or raise the memory of the builder`,
      findings,
    );
  }
  const chosenHere = order.check.checkout === "alidist" || order.check.testsTool;
  if (fetchFailed && !chosenHere && findings.sections.every(({ class: name }) => mild.has(name))) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} could not fetch a source that this pull request does not choose: ${fetchLine(findings)}`,
      findings,
    );
  }
  if (!began && !chosenHere && !ended.timedOut) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} ended before it built any package, so the pull request cannot be why: ${lastLineOf(ended)}`,
      findings,
    );
  }
  const limit = `${tool} build exceeded its limit of ${order.check.timeouts.build} and was stopped.`;
  return {
    kind: "Verdict",
    result: "Failure",
    description: "",
    findings: ended.timedOut ? preceded(findings, limit) : findings,
  };
}

/** Classes of findings that a build which failed in fetching alone has. */
const mild: ReadonlySet<string> = new Set(["fetch", "warning"]);

function has(findings: Findings, name: string): boolean {
  return findings.sections.some((section) => section.class === name);
}

function fetchLine(findings: Findings): string {
  const lines = findings.sections.find((section) => section.class === "fetch")?.lines ?? [];
  return lines.find((line) => line.startsWith("Command: ")) ?? "see the fetch log";
}

function preceded(findings: Findings, line: string): Findings {
  return { ...findings, preview: [line, ...findings.preview].slice(0, longestPreview) };
}
