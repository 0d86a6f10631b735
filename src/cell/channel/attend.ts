import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { basename, dirname } from "node:path";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { CellEvent, CellGreeting, Outcome } from "../../api/cell/event.ts";
import { type CellName, Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";
import { Tail } from "../../system/process/capture.ts";
import { type Exit, exitMessageOf, exitOf } from "../../system/process/exit.ts";
import { removeIpcObjects } from "../../system/process/ipcObjects.ts";
import { cellMarker, killAllOthers, killMarked, otherProcesses } from "../../system/process/survivors.ts";
import { emptyFolder, reportLeftover } from "../disk/remove.ts";
import { countMemoryKills, outOfMemoryClause } from "../memory.ts";
import { readOrderLine } from "./lifeLine.ts";

/** The settings and services of the cell server. */
export interface CellHost {
  /** The cell that this server is. It refuses orders for the other cell. */
  readonly cell: CellName;
  /** The complete command of the cell program. It cannot be derived from `process.execPath`, which may be a loader. */
  readonly command: readonly string[];
  /** The PID namespace had no other processes at the start. Every other process after an order belongs to the order. */
  readonly alone: boolean;
  /** Directories that builds can write. They are emptied after each order, except for the sockets of this server. */
  readonly scratch: readonly string[];
  /** Absolute paths of the sockets of this server. */
  readonly sockets: readonly string[];
  readonly version: string;
  /** Memory limit of the container. The builder quotes it after the container was killed. */
  readonly memory: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, "sleep">;
  /** Prints a line to the log of the container. */
  print(line: string): void;
}

/** Milliseconds between SIGTERM and SIGKILL for the process group of a cell, if the cell server is not alone. */
const grace = 10_000;
/** Milliseconds between two kills of the remaining processes of an order. */
const killPause = 200;
/** Milliseconds to wait for the pipes of a killed cell to close. */
const pipeTimeout = 2_000;

/**
 * Serves one cell connection: sends the greeting, reads the order, runs the cell program and passes its events on. Ends
 * the connection and resolves when no process of the order is left, also if the builder disconnected. Rejects if a
 * process cannot be killed: only the end of the container kills that process.
 */
export async function attend(connection: Socket, host: CellHost): Promise<void> {
  const disconnected = new AbortController();
  connection.on("error", () => disconnected.abort()).on("close", () => disconnected.abort());
  connection.write(lineOf({ cell: host.version, memory: host.memory } satisfies CellGreeting));
  const reading = readOrderLine(connection, () => disconnected.abort());
  connection.resume();
  const order = await reading;
  if (order === undefined) return void connection.destroy();
  const { id, title, cell } = describe(order);
  host.print(title);
  if (cell !== undefined && cell !== host.cell) return refuse(connection, cell, host);
  const before = await countMemoryKills();
  const child = startProgram(host, id, order);
  const errors = new Tail(2048);
  child.stderr?.on("data", (chunk: Uint8Array) => {
    errors.write(chunk);
    process.stderr.write(chunk);
  });
  const events = child.stdio[3] as Readable | undefined;
  events?.pipe(connection, { end: false });
  const exited = exitOf(child);
  let stopped = Promise.resolve();
  const stop = () => {
    events?.unpipe(connection).resume();
    stopped = stopProgram(child, exited, host);
  };
  disconnected.signal.addEventListener("abort", stop, { once: true });
  if (disconnected.signal.aborted) stop();
  const exit = await exited;
  disconnected.signal.removeEventListener("abort", stop); // the cell has exited, so a closed connection stops nothing
  await stopped; // otherwise it could kill processes of the next order
  const killed = await cleanUp(child, id, host);
  host.print(killed === 0 ? `--- ${id} ended` : `--- ${id} ended; killed ${killed} processes that it left behind`);
  if (exit.code !== 0 && !disconnected.signal.aborted) {
    const outcome = outcomeOfExit(
      exit,
      errors.text(),
      (await countMemoryKills()) > before ? await outOfMemoryClause() : undefined,
    );
    connection.write(`\n${lineOf({ event: "outcome", outcome })}`);
  }
  if (host.alone && process.getuid?.() !== 0) await removeIpc(host);
  for (const directory of host.scratch.filter((path) => existsSync(path))) {
    const keep = new Set(host.sockets.filter((path) => dirname(path) === directory).map((path) => basename(path)));
    await emptyFolder(directory, { keep }).then(reportLeftover, (error: unknown) =>
      console.error(`Failed to empty ${directory}: ${String(error)}`),
    );
  }
  connection.end();
}

/** Answers an order for the other cell with an outcome, and starts nothing. */
function refuse(connection: Socket, cell: CellName, host: CellHost): void {
  const message = `The cell got an order for the cell "${cell}", but it is the cell "${host.cell}"; this is a bug of the builder`;
  host.print(`--- refused: ${message}`);
  const outcome: Outcome = { kind: "Infrastructure", reason: "CellDied", message };
  connection.end(lineOf({ event: "outcome", outcome }));
}

/**
 * Removes what an order left in the IPC namespace of the pod. The next order would see it. As root, objects of other
 * programs would go too.
 */
async function removeIpc({ environment, print }: CellHost): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  const { removed, left } = await removeIpcObjects(uid, { PATH: environment["PATH"] ?? "" });
  if (removed > 0) print(`--- removed ${removed} objects of System V IPC that the order left`);
  if (left > 0) console.error(`Failed to remove ${left} objects of System V IPC of user ${uid}`);
}

function startProgram({ command, environment }: CellHost, id: string, order: string): ChildProcess {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { ...environment, [cellMarker]: id },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "inherit", "pipe", "pipe"],
  });
  child.stdin?.on("error", () => {}); // the cell exited before it read its order
  child.stdin?.write(`${order}\n`);
  return child;
}

/** Stops the cell after its builder disconnected. Resolves after the last kill. */
async function stopProgram(child: ChildProcess, exited: Promise<unknown>, { alone, clock }: CellHost): Promise<void> {
  child.stdin?.destroy();
  if (alone) return void (await killAllOthers());
  killGroup(child, "SIGTERM");
  const exit = new AbortController();
  void exited.then(() => exit.abort());
  await clock.sleep(grace, exit.signal).then(
    () => killGroup(child, "SIGKILL"),
    () => {},
  );
}

/** Kills all remaining processes of an order and closes its pipes. Resolves with the number of killed processes. */
async function cleanUp(child: ChildProcess, id: string, { alone, clock }: CellHost): Promise<number> {
  killGroup(child, "SIGKILL");
  const killed = await (alone ? killAllOthers() : killMarked(id));
  const left = alone ? await countImmortals(clock) : 0;
  if (left > 0)
    throw new Error(
      `${left} processes of ${id} cannot be killed; the cell exits, so that a new container starts without them`,
    );
  const waited = new AbortController();
  const pipes = [child.stderr, child.stdio[3]].filter((stream) => stream !== null && stream !== undefined);
  const closed = Promise.all(pipes.map((stream) => finished(stream).catch(() => {})));
  await Promise.race([closed, clock.sleep(pipeTimeout, waited.signal).catch(() => {})]);
  waited.abort();
  for (const stream of child.stdio) stream?.destroy();
  return killed;
}

/** The number of processes that SIGKILL does not end. A liveness probe may start at any time, and does not count. */
async function countImmortals(clock: CellHost["clock"]): Promise<number> {
  let left = await otherProcesses();
  for (let rounds = 0; left.length > 0 && rounds < 5; rounds += 1) {
    await clock.sleep(killPause);
    await killAllOthers();
    const now = await otherProcesses();
    left = left.filter((pid) => now.includes(pid));
  }
  return left.length;
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has no process left.
  }
}

/** The outcome of a cell that exited with an error. The builder ignores it if the cell sent an outcome before. */
function outcomeOfExit(exit: Exit, errors: string, memory: string | undefined): Outcome {
  if (exit.signal === "SIGKILL" && memory !== undefined)
    return { kind: "Infrastructure", reason: "OutOfMemory", message: `The cell was killed: its container ${memory}` };
  return { kind: "Infrastructure", reason: "CellDied", message: exitMessageOf(exit, errors) };
}

/** Id and log line of an order. The cell program refuses an invalid order, not the server. */
function describe(order: string): { readonly id: string; readonly title: string; readonly cell?: CellName } {
  const parsed = Order.safeParse(parseJson(order)).data;
  if (parsed === undefined) return { id: "", title: "--- an invalid order" };
  const { id, task, check, pullRequest, cell } = parsed;
  const target = pullRequest === undefined ? "" : ` ${check.repository}#${pullRequest.number} ${pullRequest.commit}`;
  return { id, cell, title: `--- ${id}: ${task} ${check.name}${target}` };
}

function lineOf(message: CellGreeting | CellEvent): string {
  return `${JSON.stringify(message)}\n`;
}
