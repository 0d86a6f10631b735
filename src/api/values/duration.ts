import { z } from "zod";

/** Milliseconds. Inside the program every instant and duration has this unit. Text forms exist only at the edges. */
export type Milliseconds = number;

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof units;

/** Regular expression of a Duration, for the generated definitions. */
export const durationPattern = "^([0-9]+(ms|s|m|h|d))+$";

/** A duration as text: `90s`, `10m`, `1h30m`, `2d`. */
export const Duration = z
  .string()
  .max(32)
  .regex(new RegExp(durationPattern), {
    error: (issue) => `expected a duration such as 90s, 10m, 1h30m or 2d, found ${JSON.stringify(issue.input)}`,
  });
export type Duration = z.infer<typeof Duration>;

/** Converts a Duration to milliseconds. Throws RangeError on text that the schema refuses. */
export function milliseconds(duration: Duration): Milliseconds {
  let total = 0;
  let matched = "";
  for (const { 0: text, groups } of duration.matchAll(/(?<count>[0-9]+)(?<unit>ms|s|m|h|d)/g)) {
    total += Number(groups?.["count"]) * units[groups?.["unit"] as Unit];
    matched += text;
  }
  if (matched === "" || matched !== duration) throw new RangeError(`not a duration: ${JSON.stringify(duration)}`);
  return total;
}

/** Formats a duration for tables with its two largest units: `45s`, `12m`, `3h10m`, `2d4h`. */
export function formatDuration(span: Milliseconds): string {
  const seconds = Math.max(0, Math.round(span / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 || minutes >= 10 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
}
