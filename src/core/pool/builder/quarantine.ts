import type { Builder } from "../../../api/objects/builder.ts";
import { backoffDelay } from "../../../api/values/backoff.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import type { PoolEvent } from "../action.ts";

const minute: Milliseconds = 60_000;
const backoff = { firstMs: 10 * minute, maxMs: 240 * minute };

/**
 * The time before a quarantined builder is restarted: 10 minutes, doubled for each quarantine in a row, at most 4
 * hours.
 */
export function quarantinePauseOf(quarantineCount: number): Milliseconds {
  return backoffDelay(backoff, Math.max(1, quarantineCount));
}

/**
 * The Event of a builder that quarantined itself since `before`; undefined if it did not, or if `before` is unknown.
 */
export function quarantineEventOf(before: Builder | undefined, { metadata, status }: Builder): PoolEvent | undefined {
  if (before === undefined || status?.phase !== "Quarantined" || before.status?.phase === "Quarantined")
    return undefined;
  const message = status.message ?? "The builder starts no build until its quarantine ends";
  return { reason: "BuilderQuarantined", message, object: `Builder/${metadata.name}` };
}
