import type { Findings, Outcome } from "../../api/cell/event.ts";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { type CellContext, endingOf, lastLineOf } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import type { ReadLogs } from "../logs/logs.ts";
import { countMemoryKills, outOfMemoryClause } from "../memory.ts";
import type { Built } from "./build.ts";

/** Maximum lines of a preview in the contract. */
const longestPreview = 60;

/** The verdict on the pull request. Throws an InfrastructureFailure if the machine failed. */
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
  // The kernel may kill a compiler or a test, and the build then fails or hangs. So the kernel's count decides
  // for every exit.
  if ((await countMemoryKills()) > built.memoryKills || (killed && (seen.killed || has(findings, "killed")))) {
    throw new InfrastructureFailure(
      "OutOfMemory",
      `${tool} build ${await outOfMemoryClause()}; lower spec.jobs, or raise the memory of the builder`,
      findings,
    );
  }
  const controlsSources = order.check.checkout === "alidist" || order.check.testsTool;
  if (fetchFailed && !controlsSources && findings.sections.every(({ class: name }) => fetchOnly.has(name))) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} could not fetch a source that this pull request does not control: ${fetchLine(findings)}`,
      findings,
    );
  }
  if (!began && !controlsSources && !ended.timedOut) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} exited before it built any package, so the pull request cannot be the reason: ${lastLineOf(ended)}`,
      findings,
    );
  }
  const limit = `${tool} build exceeded its limit of ${order.check.timeouts.build} and was stopped.`;
  return {
    kind: "Verdict",
    result: "Failure",
    description: "",
    findings: ended.timedOut ? withFirstLine(findings, limit) : findings,
  };
}

/** The classes of findings of a build that failed only in fetching. */
const fetchOnly: ReadonlySet<string> = new Set(["fetch", "warning"]);

function has(findings: Findings, name: string): boolean {
  return findings.sections.some((section) => section.class === name);
}

function fetchLine(findings: Findings): string {
  const lines = findings.sections.find((section) => section.class === "fetch")?.lines ?? [];
  return lines.find((line) => line.startsWith("Command: ")) ?? "see the fetch log";
}

function withFirstLine(findings: Findings, line: string): Findings {
  return { ...findings, preview: [line, ...findings.preview].slice(0, longestPreview) };
}
