import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { Tail } from "../../system/process/capture.ts";
import { exitMessageOf, exitOf } from "../../system/process/exit.ts";
import { cellMarker, killMarked } from "../../system/process/survivors.ts";
import { removeCellRecord, writeCellRecord } from "./cellRecord.ts";
import type { Cells } from "./cells.ts";
import { createEventLines } from "./eventLines.ts";
import { openOutput } from "./output.ts";

export interface ProcessCellsOptions {
  /** Absolute path of Node and of the cell program. */
  readonly node: string;
  readonly program: string;
  /** Whom the cell becomes before it reads its order. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** File for the text of the running build; begun anew with each order. */
  readonly output: string;
  /** File that names the running cell. */
  readonly record: string;
  /** What `probeIsolation` found. */
  readonly isolation: readonly string[];
  /** Environment of the cell program beside its marker: PATH, and the way to the network. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** SIGTERM, and so long after it SIGKILL. */
const grace = 10_000;
/** Pipes that are open so long after the end of the cell are held by something that is no concern of ours. */
const drainPipes = 2_000;

/** Cells as child processes: one per order, in a session of its own, with standard input as the life line. */
export function createProcessCells(options: ProcessCellsOptions): Cells {
  return {
    async run(order, on, signal) {
      signal.throwIfAborted();
      const output = openOutput(options.output);
      try {
        return await carryOut(options, order, on, signal, (chunk) => output.write(chunk));
      } finally {
        output.close();
        await removeCellRecord(options.record);
      }
    },
  };
}

async function carryOut(
  options: ProcessCellsOptions,
  order: Order,
  on: (event: CellEvent) => void,
  signal: AbortSignal,
  print: (chunk: Uint8Array) => void,
): Promise<Outcome> {
  const child = start(options, order.id);
  const exited = exitOf(child);
  const over = new AbortController();
  let outcome: Outcome | undefined;
  const stop = () => void terminate(child, options.clock, over.signal);
  const errors = new Tail(2048);
  const lines = createEventLines((event) => {
    if (outcome !== undefined) return;
    if (event.event !== "outcome") return on(event);
    outcome = event.outcome;
    void killLater(child, options.clock, over.signal);
  });
  const complain = (chunk: Uint8Array) => {
    errors.write(chunk);
    print(chunk);
  };
  child.stdin?.on("error", () => {}); // a cell that is gone reads no order
  child.stdout?.on("data", print);
  child.stderr?.on("data", complain);
  (child.stdio[3] as Readable | undefined)?.on("data", (chunk: Uint8Array) => lines.write(chunk));
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (child.pid !== undefined) await writeCellRecord(options.record, { pid: child.pid, id: order.id });
    if (!signal.aborted) child.stdin?.write(`${JSON.stringify(order)}\n`);
    const exit = await exited;
    over.abort();
    await bury(child, order.id, options);
    const garbage = lines.garbage();
    if (garbage > 0) options.log.warn({ order: order.id, garbage }, "lines of a cell were no events");
    signal.throwIfAborted();
    return outcome ?? { kind: "Infrastructure", reason: "CellDied", message: exitMessageOf(exit, errors.text()) };
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    if (child.exitCode === null && child.signalCode === null) killGroup(child, "SIGKILL");
  }
}

function start({ node, program, user, isolation, environment }: ProcessCellsOptions, id: string): ChildProcess {
  const asUser = user === undefined ? [] : ["--user", `${user.uid}:${user.gid}`];
  const [command = node, ...args] = [...isolation, node, program, ...asUser];
  return spawn(command, args, {
    env: { ...environment, [cellMarker]: id },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
}

/** The life line is cut too: the first process of a PID namespace does not hear SIGTERM before it listens for it. */
async function terminate(child: ChildProcess, clock: Pick<Clock, "sleep">, over: AbortSignal): Promise<void> {
  child.stdin?.destroy();
  killGroup(child, "SIGTERM");
  await killLater(child, clock, over);
}

function killLater(child: ChildProcess, clock: Pick<Clock, "sleep">, over: AbortSignal): Promise<void> {
  return clock.sleep(grace, over).then(
    () => killGroup(child, "SIGKILL"),
    () => {},
  );
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** Makes sure that nothing survives, and hears what is still in the pipes. Outside a PID namespace whatever carries the marker is killed. */
async function bury(child: ChildProcess, id: string, { isolation, clock, log }: ProcessCellsOptions): Promise<void> {
  killGroup(child, "SIGKILL");
  const survivors = isolation.length > 0 ? 0 : await killMarked(id);
  if (survivors > 0) log.warn({ order: id, survivors }, "processes outlived their cell and were killed");
  const waited = new AbortController();
  const pipes = [child.stdout, child.stderr, child.stdio[3]].filter(
    (stream) => stream !== null && stream !== undefined,
  );
  const closed = Promise.all(pipes.map((stream) => finished(stream).catch(() => {})));
  await Promise.race([closed, clock.sleep(drainPipes, waited.signal).catch(() => {})]);
  waited.abort();
  for (const stream of child.stdio) stream?.destroy();
}
