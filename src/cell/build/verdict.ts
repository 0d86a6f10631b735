import type { Findings, Outcome } from "../../api/cell/event.ts";
import { toolNameOf } from "../../core/definitions/alibuild.ts";
import { firstErrorOf } from "../../core/report/scan/firstError.ts";
import { type Change, canCauseFailureOf, canCauseStopAt } from "../../core/verdict/canCause.ts";
import { causeIn, type FoundCause, unknownErrorIn } from "../../core/verdict/causes.ts";
import { type CellContext, endingOf, lastLineOf } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import type { ReadLogs } from "../logs/logs.ts";
import { countMemoryKills, outOfMemoryClause } from "../memory.ts";
import { baseTitleOf, isBaseRefused, orderOfBase } from "../tool/baseAlone.ts";
import { canCauseSourceOf } from "../tree/change.ts";
import { statusErrorOf } from "../tree/status.ts";
import type { Built } from "./build.ts";
import { missingEvidence } from "./evidence.ts";
import { overrunVerdict } from "./overrun.ts";
import { withFirstLine } from "./preview.ts";
import { storeClauseOf } from "./store.ts";

/** The verdict on the pull request. Throws an InfrastructureFailure if the machine failed. */
export async function verdictOf(
  context: CellContext,
  built: Built,
  { findings, fetchFailed, began }: ReadLogs,
): Promise<Extract<Outcome, { kind: "Verdict" }>> {
  const { order } = context;
  const { ended, seen, overrun } = built;
  const tool = toolNameOf(order.check);
  if (overrun !== undefined) return overrunVerdict(order, overrun, built.isWarm, findings);
  if (ended.exitCode === 0) {
    // A refresh of the base builds the dependencies alone.
    const missing = order.dependenciesOnly === true ? undefined : await missingEvidence(context, built);
    if (missing === undefined) return { kind: "Verdict", result: "Success", description: "", findings };
    const description = await emptyBuildOf(context, built, missing);
    if (description !== undefined) {
      return { kind: "Verdict", result: "Failure", description, findings: withFirstLine(findings, description) };
    }
    throw new InfrastructureFailure("NothingBuilt", `${nothingProves}: ${missing}`);
  }
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
  const unreadable = await unreadableFilesOf(context, built);
  if (!ended.timedOut) await refuseForeignFailure(context, built, findings, began);
  if (unreadable !== undefined) {
    return { kind: "Verdict", result: "Failure", description: "", findings: withFirstLine(findings, unreadable) };
  }
  const store = storeClauseOf(ended.tail, order.check.remoteStore);
  const controlsSources = built.change.kind !== "package";
  // A build can delete its logs and plant others, but it cannot print the words of aliBuild.
  const isBefore = built.said.failedPackage() === undefined && !controlsSources;
  if (fetchFailed && isBefore && findings.sections.every(({ class: name }) => fetchOnly.has(name))) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} could not fetch a source that this pull request does not control: ${fetchLine(findings)}${store}`,
      findings,
    );
  }
  if (!began && isBefore && !ended.timedOut) {
    throw new InfrastructureFailure(
      "DependencyFetchFailed",
      `${tool} exited before it built any package, so the pull request cannot be the reason: ${lastLineOf(ended)}${store}`,
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

const nothingProves = "Nothing proves that the pull request builds";

/** The description of a build that the pull request made empty. Undefined if the base alone may build nothing too. */
async function emptyBuildOf(context: CellContext, built: Built, missing: string): Promise<string | undefined> {
  const { package: name } = context.order.check;
  // A tool under test that builds nothing, and exits with 0, is wrong itself.
  if (built.change.kind === "tool") return `${nothingProves}: ${missing}`.slice(0, 140);
  if (built.change.kind === "package" || built.said.hasCompleted(name)) return undefined;
  if (!(await orderOfBase(context, built.tool)).includes(name)) return undefined;
  return `aliBuild did not build ${name}: the changed recipes disable it, or take it from the system`.slice(0, 140);
}

/** Git's words if aliBuild stopped because git cannot read the files of the pull request; undefined otherwise. */
async function unreadableFilesOf(context: CellContext, { said, change }: Built): Promise<string | undefined> {
  const isOfFiles = unknownErrorIn(said.words()) === "Unable to detect source code changes.";
  return isOfFiles && change.kind === "package" ? await statusErrorOf(context) : undefined;
}

/** Throws an InfrastructureFailure if aliBuild failed for a reason that the pull request cannot have caused. */
async function refuseForeignFailure(
  context: CellContext,
  { said, change, tool }: Built,
  findings: Findings,
  began: boolean,
): Promise<void> {
  const failed = said.failedPackage();
  if (failed !== undefined) {
    if (canCauseFailureOf(failed, change, said.buildOrder())) return;
    // A recipe can take its package out of the build, for example as a package of the system.
    const order = change.kind === "recipes" ? await orderOfBase(context, tool) : [];
    if (order.length > 0 && canCauseFailureOf(failed, change, order)) return;
    const because = change.kind === "package" ? `does not contain ${change.name}` : "has no changed recipe";
    throw new InfrastructureFailure(
      "BaseBroken",
      `${baseTitleOf(context, failed)}: ${failed} fails to build and ${because}, so the pull request cannot be the reason: ${firstErrorOf(findings) || "see the log"}`,
      findings,
    );
  }
  const name = toolNameOf(context.order.check);
  const found = causeIn(said.words(), context.order.check.remoteStore);
  if (found === undefined) {
    const error = unknownErrorIn(said.words());
    if (error === undefined || !(await isErrorOfBase(context, { said, change, tool }, began))) return;
    const message = `${name} could not build ${baseTitleOf(context)}: ${error}`;
    throw new InfrastructureFailure("BaseBroken", message, findings);
  }
  const { isOfRecipes, isOfTool } = found.cause;
  const isOfChange = isOfTool && change.kind === "tool";
  if (isOfChange && found.cause.reason !== "DependencyFetchFailed") return;
  // A lost connection, or a fault of the tool. BaseBroken becomes red if it stays the same on several builders.
  const reason = isOfChange ? "BaseBroken" : found.cause.reason;
  if (isOfRecipes && change.kind === "recipes" && (await canCauseIt(context, found, change)))
    if (!(await isBaseRefused(context, tool))) return;
  const place = reason === "BaseBroken" ? ` ${baseTitleOf(context)}` : "";
  throw new InfrastructureFailure(reason, `${name} could not build${place}: ${found.message}`, findings);
}

/** Whether a change of recipes can be a cause. A cause that names no package is possible for every change. */
async function canCauseIt(
  context: CellContext,
  { package: name, cause }: FoundCause,
  change: Change,
): Promise<boolean> {
  if (name === undefined) return true;
  // A fetch takes all tags and branches, so only a wrong address can make it fail.
  const keys = cause.reason === "DependencyFetchFailed" ? ["source"] : ["source", "tag", "version"];
  return await canCauseSourceOf(context, name, change, keys);
}

/** Whether an error of aliBuild itself, such as a recipe that aliBuild cannot use, is an error of the base alone. */
async function isErrorOfBase(
  context: CellContext,
  { said, change, tool }: Pick<Built, "said" | "change" | "tool">,
  began: boolean,
): Promise<boolean> {
  if (change.kind === "tool") return false;
  const stop = said.stoppedAt();
  if (stop === undefined) return !began && (await isBaseRefused(context, tool));
  if (stop.isBuilding) return !canCauseFailureOf(stop.name, change, said.buildOrder());
  return !canCauseStopAt(stop.name, change);
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
