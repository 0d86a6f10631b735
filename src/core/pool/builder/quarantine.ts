import type { Builder } from "../../../api/objects/builder.ts";
import type { Milliseconds } from "../../../api/values/duration.ts";
import type { PoolEvent } from "../action.ts";

const minute: Milliseconds = 60_000;
const longestPause: Milliseconds = 240 * minute;

/** How long a quarantined builder is left alone before it is restarted: 10 minutes, doubling each time in a row. */
export function quarantinePauseOf(strikes: number): Milliseconds {
  return Math.min(longestPause, 10 * minute * 2 ** Math.max(0, strikes - 1));
}

/** What is to be told when a builder has given up on itself since it was seen as `before`; undefined when it has not, or was never seen. */
export function quarantineEventOf(before: Builder | undefined, { metadata, status }: Builder): PoolEvent | undefined {
  if (before === undefined || status?.phase !== "Quarantined" || before.status?.phase === "Quarantined")
    return undefined;
  const message = status.message ?? "Nothing is built here for a while";
  return { reason: "BuilderQuarantined", message, object: `Builder/${metadata.name}` };
}
