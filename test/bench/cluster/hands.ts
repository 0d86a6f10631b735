import type { CellEvent, CellStep, Outcome } from "../../../src/api/cell/event.ts";
import type { Cells } from "../../../src/builder/cells/cells.ts";
import type { Mirrors } from "../../../src/builder/git/mirrors.ts";
import type { LogStore } from "../../../src/logs/logStore.ts";
import type { Clock } from "../../../src/system/clock.ts";

/** Milliseconds of each step of an order: long enough to appear in a status. */
const step = 1_000;
const steps: readonly CellStep[] = ["prepare", "tool", "checkout", "merge", "doctor", "build", "logs"];

/** Cells that wait through every step and succeed, with mirrors and logs that always work. */
export function createSimulatedCells(clock: Clock): {
  readonly cells: Cells;
  readonly mirrors: Mirrors;
  readonly logs: LogStore;
} {
  async function run(
    { task }: Parameters<Cells["run"]>[0],
    on: (event: CellEvent) => void,
    signal: AbortSignal,
  ): Promise<Outcome> {
    for (const name of task === "build" ? steps : []) {
      on({ event: "step", step: name });
      await clock.sleep(step, signal);
    }
    if (task === "build") return { kind: "Verdict", result: "Success", description: "" };
    await clock.sleep(step, signal);
    return { kind: "Done", message: "done", compiled: true };
  }
  return {
    cells: { run },
    mirrors: { fetch: async ({ repository }) => ({ mirror: `/mirrors/${repository}.git`, commit: "e".repeat(40) }) },
    logs: { put: async () => {}, url: (path) => `http://logs.example.org/${path}`, expire: async () => 0 },
  };
}
