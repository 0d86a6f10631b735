import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { Condition } from "../../api/objects/metadata.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { poolConditions } from "../../api/objects/reasons.ts";
import { currentTrouble } from "../../core/build/trouble.ts";
import { lowerFirstWord } from "../../core/queue/sentence.ts";

/** Current problems that may need a person, one line each. Objects with the same message share a line. */
export function attention({
  pools = [],
  builders = [],
  builds = [],
}: {
  readonly pools?: readonly BuilderPool[];
  readonly builders?: readonly Builder[];
  readonly builds?: readonly Build[];
}): readonly string[] {
  const found = [
    ...pools.flatMap((pool) => findings(pool.metadata.name, poolTroubles(pool))),
    ...builders.flatMap((builder) => findings(builder.metadata.name, builderTroubles(builder))),
    ...builds.flatMap((build) => findings(nameOf(build), buildTroubles(build))),
  ];
  const byMessage = Map.groupBy(found, ({ message }) => message);
  return [...byMessage].map(([message, same]) => `${together(same.map(({ name }) => name))}: ${message}`);
}

/** Conditions to report, with their healthy status. */
const healthyStatus = new Map<string, Condition["status"]>(
  Object.entries(poolConditions).flatMap(([type, { healthy, awaited }]) =>
    healthy === undefined || awaited ? [] : [[type, healthy]],
  ),
);

/** Whether a condition has a known, unhealthy status that people must see. */
export function isBad({ type, status }: Pick<Condition, "type" | "status">): boolean {
  const well = healthyStatus.get(type);
  return well !== undefined && status !== well && status !== "Unknown";
}

/** Name of a Build for people: check and pull request. */
export function nameOf({ spec }: Build): string {
  return `${spec.check} ${spec.repository}#${spec.number}`;
}

function findings(name: string, messages: readonly string[]) {
  return messages.map((message) => ({ name, message: lowerFirstWord(message) }));
}

function poolTroubles({ status }: BuilderPool): readonly string[] {
  return (status?.conditions ?? []).filter(isBad).map(({ message }) => message);
}

/** Failures of a warm-up, or the status message. A draining builder has no problem to report. */
function builderTroubles({ status }: Builder): readonly string[] {
  if (status?.phase === "Warming") return status.warmup?.failures ?? [];
  if (status?.phase === "Draining" || status?.phase === "Drained") return [];
  return status?.message === undefined ? [] : [status.message];
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
