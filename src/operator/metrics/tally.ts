import type { Count } from "./table.ts";

/** Counts by fact and kind, since the process began to count. */
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
