import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CellEvent, Outcome } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";
import type { Cells } from "../../../src/builder/cells/cells.ts";

/** Cells that follow a script of the test. Without a script every order succeeds at once. */
export interface ScriptedCells extends Cells {
  /** All orders so far, also the running one. */
  readonly orders: Order[];
  /** The behaviour of an order. Undefined selects the default. */
  script: (order: Order, on: (event: CellEvent) => void, signal: AbortSignal) => Promise<Outcome> | undefined;
  /** Number of running orders. */
  running(): number;
}

export const success: Outcome = { kind: "Verdict", result: "Success", description: "" };

export const failure: Extract<Outcome, { kind: "Verdict" }> = {
  kind: "Verdict",
  result: "Failure",
  description: "",
  findings: { sections: [], preview: ["hello.cc:1: error: expected ';'"] },
};

export function scriptedCells(): ScriptedCells {
  let running = 0;
  return {
    orders: [],
    script: () => undefined,
    running: () => running,
    async run(order, on, signal) {
      this.orders.push(order);
      running += 1;
      try {
        const outcome = await (this.script(order, on, signal) ?? byDefault(order));
        if (outcome.kind === "Done") remove(order);
        if (outcome.kind === "Done" && order.cell === "base") install(order);
        return outcome;
      } finally {
        running -= 1;
      }
    },
  };
}

/** Deletes the trees that the order throws away. */
function remove({ task, paths }: Order): void {
  if (task === "clean" && paths.gone?.includes(paths.area)) rmSync(paths.area, { recursive: true, force: true });
  if (task === "delete")
    for (const name of readdirSync(paths.area)) rmSync(join(paths.area, name), { recursive: true });
}

/** Leaves the files in the base that the builder looks for. */
function install({ task, paths, check }: Order): void {
  if (task === "warmup") mkdirSync(join(paths.area, "sw"), { recursive: true });
  const tool = join(paths.tools, `alibuild-${check.tool.alibuild}`);
  mkdirSync(tool, { recursive: true });
  writeFileSync(join(tool, "installed"), "");
}

async function byDefault(order: Order): Promise<Outcome> {
  return order.task === "build" ? success : { kind: "Done", message: "done", compiled: true };
}

/** A build that runs until it is stopped. */
export function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
