import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { CellEvent, CellGreeting, Outcome } from "../../api/cell/event.ts";
import { Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import { parseJson } from "../../system/parseJson.ts";
import { Tail } from "../../system/process/capture.ts";
import { type Exit, exitMessageOf, exitOf } from "../../system/process/exit.ts";
import { cellMarker, killAllOthers, killMarked, otherProcesses } from "../../system/process/survivors.ts";
import { emptyFolder } from "../disk/remove.ts";
import { memoryKills, ranOutOfMemory } from "../memory.ts";
import { readOrderLine } from "./lifeLine.ts";

export interface CellHost {
  /** The cell program with everything it takes to start it; its path may be a loader's, so nothing is derived from our own. */
  readonly command: readonly string[];
  /** Nobody else was in this PID namespace at the start: whoever is there after an order is of its making. */
  readonly alone: boolean;
  /** Directories that builds can write and nobody may find anything in afterwards. */
  readonly scratch: readonly string[];
  readonly version: string;
  /** Limit of its memory, for the sentence about a container that is gone and can say nothing. */
  readonly memory: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, "sleep">;
  /** One line for people who follow the output of the container. */
  say(line: string): void;
}

/** A cell that is told to end may tidy up for so long where its process group is all that can be killed. */
const grace = 10_000;
/** Pipes that are open so long after everybody was killed are waited for no longer. */
const drainPipes = 2_000;

/**
 * Serves one connection, whose turn it is: greets, reads the order, runs the cell program on it and passes its events on. Resolves, with
 * the connection ended, when nothing of the order is alive, whether it came to its end or the builder went away. Rejects when
 * something cannot be killed: then only the end of the container helps.
 */
export async function attend(connection: Socket, host: CellHost): Promise<void> {
  const cut = new AbortController();
  connection.on("error", () => cut.abort()).on("close", () => cut.abort());
  connection.write(line({ cell: host.version, memory: host.memory } satisfies CellGreeting));
  const reading = readOrderLine(connection, () => cut.abort());
  connection.resume();
  const order = await reading;
  if (order === undefined) return void connection.destroy();
  const { id, title } = describe(order);
  host.say(title);
  const before = await memoryKills();
  const child = start(host, id, order);
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
    stopped = end(child, exited, host);
  };
  cut.signal.addEventListener("abort", stop, { once: true });
  if (cut.signal.aborted) stop();
  const exit = await exited;
  cut.signal.removeEventListener("abort", stop); // from here on the connection may close without anything ending
  await stopped; // whoever still kills must not meet the next order
  const left = await bury(child, id, host);
  host.say(left === 0 ? `--- ${id} ended` : `--- ${id} ended; ${left} processes it had left behind were killed`);
  if (exit.code !== 0 && !cut.signal.aborted) {
    const outcome = obituary(exit, errors.text(), (await memoryKills()) > before ? await ranOutOfMemory() : undefined);
    connection.write(`\n${line({ event: "outcome", outcome })}`);
  }
  for (const directory of host.scratch) {
    await emptyFolder(directory).catch((error: unknown) =>
      console.error(`${directory} was not emptied: ${String(error)}`),
    );
  }
  connection.end();
}

function start({ command, environment }: CellHost, id: string, order: string): ChildProcess {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { ...environment, [cellMarker]: id },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "inherit", "pipe", "pipe"],
  });
  child.stdin?.on("error", () => {}); // a cell that is gone reads no order
  child.stdin?.write(`${order}\n`);
  return child;
}

/** Ends the cell because its builder is gone or wants it stopped; resolves when it is over with killing. */
async function end(child: ChildProcess, exited: Promise<unknown>, { alone, clock }: CellHost): Promise<void> {
  child.stdin?.destroy();
  if (alone) return void (await killAllOthers());
  killGroup(child, "SIGTERM");
  const over = new AbortController();
  void exited.then(() => over.abort());
  await clock.sleep(grace, over.signal).then(
    () => killGroup(child, "SIGKILL"),
    () => {},
  );
}

/** Makes sure that nothing survives; resolves with how many had to be killed. */
async function bury(child: ChildProcess, id: string, { alone, clock }: CellHost): Promise<number> {
  killGroup(child, "SIGKILL");
  const killed = await (alone ? killAllOthers() : killMarked(id));
  const left = alone ? await otherProcesses() : 0;
  if (left > 0) throw new Error(`${left} processes of ${id} cannot be killed; the end of the container ends them`);
  const waited = new AbortController();
  const pipes = [child.stderr, child.stdio[3]].filter((stream) => stream !== null && stream !== undefined);
  const closed = Promise.all(pipes.map((stream) => finished(stream).catch(() => {})));
  await Promise.race([closed, clock.sleep(drainPipes, waited.signal).catch(() => {})]);
  waited.abort();
  for (const stream of child.stdio) stream?.destroy();
  return killed;
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** For a cell that gave no outcome; one that gave one is not contradicted, as the first counts. */
function obituary(exit: Exit, errors: string, memory: string | undefined): Outcome {
  if (exit.signal === "SIGKILL" && memory !== undefined)
    return { kind: "Infrastructure", reason: "OutOfMemory", message: `The cell was killed: its container ${memory}` };
  return { kind: "Infrastructure", reason: "CellDied", message: exitMessageOf(exit, errors) };
}

/** For the log of the container; an order that cannot be read is the cell program's to refuse. */
function describe(order: string): { readonly id: string; readonly title: string } {
  const parsed = Order.safeParse(parseJson(order)).data;
  if (parsed === undefined) return { id: "", title: "--- an order that cannot be read" };
  const { id, task, check, pullRequest } = parsed;
  const what = pullRequest === undefined ? "" : ` ${check.repository}#${pullRequest.number} ${pullRequest.commit}`;
  return { id, title: `--- ${id}: ${task} ${check.name}${what}` };
}

function line(message: CellGreeting | CellEvent): string {
  return `${JSON.stringify(message)}\n`;
}
