import type { CellStep, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Verdict } from "../../api/objects/build.ts";
import { timestamp } from "../../system/clock.ts";
import type { Brain } from "../brain.ts";
import type { BuildLog } from "./log/buildLog.ts";
import type { BuildFacts } from "./log/result.ts";

/** Facts of an attempt that decide about its retry. */
export interface Trace {
  /** Whether the cell has begun a step that handles code of the pull request. */
  ran: boolean;
  /** The kept log of an attempt without a verdict of its cell, if the failure becomes a verdict. */
  readonly log?: NonNullable<Verdict["log"]>;
}

/** Milliseconds to wait for the log upload before the verdict is written. The upload continues afterwards. */
export const logStoreTimeout = 30_000;

/** Steps before the cell handles code of the pull request. */
const firstSteps: ReadonlySet<CellStep> = new Set(["prepare", "tool", "selftest"]);

/** Whether a step handles code of the pull request. A check of aliBuild itself already installs that code. */
export function runsForeignCode(step: CellStep, { check }: Order): boolean {
  return check.testsTool || !firstSteps.has(step);
}

/** Keeps the log of a build that becomes red without a verdict of its cell. Empty if the build sent no log. */
export async function keepLastLog(
  { world }: Brain,
  log: BuildLog,
  attempt: Pick<BuildFacts, "startedAt" | "sources"> & {
    readonly outcome: Extract<Outcome, { kind: "Infrastructure" }>;
    readonly silent: boolean;
  },
  kill: AbortSignal,
): Promise<Pick<Trace, "log">> {
  if (!log.hasText()) return {};
  const { findings, versions, commands, message } = attempt.outcome;
  const outcome = { kind: "Verdict", result: "Failure", description: "", findings, versions, commands } as const;
  const description = message.slice(0, 140).toWellFormed();
  const kept = await log.keep({ ...attempt, outcome, description, finishedAt: timestamp(world.clock) });
  if (kept === undefined) return {};
  return { log: { path: kept.path, url: kept.url, stored: (await kept.arrived(logStoreTimeout, kill)) === true } };
}
