import type { Build } from "../../api/objects/build.ts";
import type { Builder, BuilderStatus } from "../../api/objects/builder.ts";
import type { Condition } from "../../api/objects/metadata.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { type PoolReason, poolConditions } from "../../api/objects/reasons.ts";
import { currentTrouble } from "../../core/build/trouble.ts";
import { presentStatusOf } from "../../core/host/presentStatus.ts";
import { awaitedMessageOf } from "../../core/pool/builder/host.ts";
import { warmupRetryOf } from "../../core/pool/builder/warmupRetry.ts";
import { lowerFirstWord } from "../../core/queue/sentence.ts";

/** Current problems that may need a person, one line each. Objects with the same message share a line. */
export function attention({
  pools = [],
  builders = [],
  builds = [],
  waits = [],
}: {
  readonly pools?: readonly BuilderPool[];
  readonly builders?: readonly Builder[];
  readonly builds?: readonly Build[];
  /** Pools of which only waiting builders are of interest. */
  readonly waits?: readonly BuilderPool[];
}): readonly string[] {
  const found = [
    ...pools.flatMap((pool) => findings(pool.metadata.name, poolTroubles(pool))),
    ...waits.flatMap((pool) => findings(pool.metadata.name, poolTroubles(pool, isWait))),
    ...builders.flatMap((builder) => findings(builder.metadata.name, builderTroubles(builder))),
    ...builds.flatMap((build) => findings(nameOf(build), buildTroubles(build))),
  ];
  const byMessage = Map.groupBy(found, ({ message }) => message);
  return [...byMessage].map(([message, same]) => `${together(same.map(({ name }) => name))}: ${message}`);
}

type ConditionFacts = Pick<Condition, "type" | "status"> & Partial<Pick<Condition, "reason">>;

/** Conditions to report, with their healthy status. */
const healthyStatus = new Map<string, Condition["status"]>(
  Object.entries(poolConditions).flatMap(([type, { healthy, awaited }]) =>
    healthy === undefined || awaited ? [] : [[type, healthy]],
  ),
);

/** Whether a condition has a known, unhealthy status that people must see, or says that a builder or rollout waits. */
export function isBad(condition: ConditionFacts): boolean {
  if (isWait(condition)) return true;
  const { type, status } = condition;
  const well = healthyStatus.get(type);
  return well !== undefined && status !== well && status !== "Unknown";
}

/** Reasons of Progressing that tell of a wait. */
const waits: readonly PoolReason[] = ["BudgetUsed", "CanaryRunning"];

function isWait({ type, reason }: ConditionFacts): boolean {
  return type === "Progressing" && waits.some((one) => one === reason);
}

/** Name of a Build for people: check and pull request. */
export function nameOf({ spec }: Build): string {
  return `${spec.check} ${spec.repository}#${spec.number}`;
}

function findings(name: string, messages: readonly string[]) {
  return messages.map((message) => ({ name, message: lowerFirstWord(message) }));
}

function poolTroubles({ status }: BuilderPool, isShown = isBad): readonly string[] {
  return (status?.conditions ?? []).filter(isShown).map(({ message }) => message);
}

/**
 * Failures of a warm-up, or the status message. A host that has not joined waits for a person. A draining builder has no
 * problem to report.
 */
function builderTroubles({ metadata, spec, status }: Builder): readonly string[] {
  if (spec.external && presentStatusOf({ spec, status }) === undefined)
    return [status?.message ?? awaitedMessageOf(metadata.name, metadata.namespace)];
  if (spec.external && spec.drainReason === "Version") {
    const version = status?.versions?.["builderpool"] ?? "unknown";
    return [`its version ${version} does not work with the operator; run \`builderpool agent update\` on the host`];
  }
  if (status?.phase === "Warming") return warmupFailuresOf(status);
  if (status?.phase === "Draining" || status?.phase === "Drained") return [];
  return status?.message === undefined ? [] : [status.message];
}

/** The failures of a warm-up. The last one has the time of the next try. */
export function warmupFailuresOf(status: Pick<BuilderStatus, "phase" | "warmup">): readonly string[] {
  const failures = status.warmup?.failures ?? [];
  const retry = warmupRetryOf(status);
  return retry === undefined ? failures : [...failures.slice(0, -1), retry];
}

function buildTroubles(build: Build): readonly string[] {
  const { blocked } = build.spec;
  const { phase, reported } = build.status ?? {};
  const trouble = currentTrouble(build);
  return [
    ...(trouble === undefined || blocked !== undefined || phase !== "Queued"
      ? []
      : [`${trouble.reason} on ${trouble.builder}: ${lowerFirstWord(trouble.message)}`]),
    ...(reported?.refused === undefined
      ? []
      : [`GitHub refused a status or comment: ${lowerFirstWord(reported.refused)}`]),
  ];
}

function together(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`;
}
