import type { Write } from "./audit.ts";

/** Writes of some objects, by who wrote what, as `operator: update builders 2.0`: how many for each of `count`. */
export function printWrites(title: string, writes: readonly Write[], count: number, target = ""): void {
  const done = writes.filter(({ isDone }) => isDone);
  const total = done.length / count;
  console.log(`  ${title}: ${total.toFixed(1)} ${target}`.trimEnd());
  const groups = Map.groupBy(done, ({ by, verb, what }) => `${by}: ${verb} ${what}`);
  const rows = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  for (const [key, { length }] of rows) console.log(`    ${key.padEnd(48)} ${(length / count).toFixed(2).padStart(8)}`);
  const refused = writes.length - done.length;
  if (refused > 0)
    console.log(`    ${"refused, and tried again".padEnd(48)} ${(refused / count).toFixed(2).padStart(8)}`);
}

/** Waits between what was asked for and what was written, as p50 and p99. */
export function percentiles(spans: readonly number[]): string {
  const sorted = spans.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${spans.length}`;
}
