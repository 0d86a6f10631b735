import type { Count } from "./table.ts";

/** Counts per fact and kind, starting at 0. */
export function createTally() {
  const tally = new Map<string, Count>();
  return {
    count(fact: string, kind: string): void {
      const key = `${kind} ${fact}`;
      tally.set(key, { kind, fact, times: (tally.get(key)?.times ?? 0) + 1 });
    },
    counts: (): readonly Count[] => [...tally.values()],
  };
}
