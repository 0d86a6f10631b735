import type { Write } from "./audit.ts";

/**
 * Rows that count writes: the total, then one row for each writer, verb and resource, such as `operator: update
 * builders 2.0`. All numbers are divided by `count`.
 */
export function writeRows(title: string, writes: readonly Write[], count: number, target = ""): readonly string[] {
  const done = writes.filter(({ isAccepted }) => isAccepted);
  const total = done.length / count;
  const groups = Map.groupBy(done, ({ by, verb, resource }) => `${by}: ${verb} ${resource}`);
  const sorted = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  const row = (key: string, number: number) => `    ${key.padEnd(48)} ${(number / count).toFixed(2).padStart(8)}`;
  const refused = writes.length - done.length;
  return [
    `  ${title}: ${total.toFixed(1)} ${target}`.trimEnd(),
    ...sorted.map(([key, { length }]) => row(key, length)),
    ...(refused > 0 ? [row("refused, then retried", refused)] : []),
  ];
}

/** The p50 and p99 of spans in milliseconds. */
export function percentiles(spans: readonly number[]): string {
  const sorted = spans.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${spans.length}`;
}
