import type { CellEvent, CellStep, Outcome } from "../../../src/api/cell/event.ts";
import type { Cells } from "../../../src/builder/cells/cells.ts";
import type { Mirrors } from "../../../src/builder/git/mirrors.ts";
import type { LogStore } from "../../../src/logs/logStore.ts";
import type { Clock } from "../../../src/system/clock.ts";

/** How long each step of an order takes here: long enough to be shown. */
const step = 1_000;
const steps: readonly CellStep[] = ["prepare", "tool", "checkout", "merge", "doctor", "build", "logs"];

/** Hands that do nothing, one step after the other, and succeed; mirrors and logs that are always there. */
export function handsAndMirrors(clock: Clock): {
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
