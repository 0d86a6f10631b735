import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { CellEvent, Outcome } from "../../api/cell/event.ts";
import type { Order } from "../../api/cell/order.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { Tail } from "../../system/process/capture.ts";
import { exitMessageOf, exitOf } from "../../system/process/exit.ts";
import { emptyKeyrings } from "../../system/process/keyring.ts";
import { killUser } from "../../system/process/killUser.ts";
import { run } from "../../system/process/run.ts";
import { isStopped } from "../../system/process/stopped.ts";
import { cellMarker, killMarked } from "../../system/process/survivors.ts";
import { removeCellRecord, writeCellRecord } from "./cellRecord.ts";
import type { Cells } from "./cells.ts";
import type { ControlGroups } from "./controlGroups.ts";
import { createEventLines } from "./eventLines.ts";
import { probeFences } from "./fences.ts";
import { type Isolation, privateViewOf } from "./isolation.ts";
import { removeLitter } from "./litter.ts";
import { openOutput } from "./output.ts";
import { type View, viewOf } from "./view.ts";

export interface ProcessCellsOptions {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the cell program. */
  readonly program: string;
  /** The cell switches to this user before it reads its order. */
  readonly user?: {
    readonly uid: number;
    readonly gid: number;
    /** Nothing else runs as this user, so all its processes are killed before the first and after every order. */
    readonly isExclusive?: boolean;
  };
  /** File for the text of the running build, truncated by each order. */
  readonly output: string;
  /** File with the CellRecord of the running cell. */
  readonly record: string;
  /**
   * Folder of the compiled cell program. Only the user of the builder writes it: a cell reads it before it becomes its
   * own user.
   */
  readonly compiled?: string;
  /** Result of `probeIsolation`. */
  readonly isolation: Isolation;
  /** Control groups of the machine, if an order can have some. */
  readonly groups?: ControlGroups | undefined;
  /** The files that the cell sees and may write, for a cell with a user of its own. Absent: the whole machine. */
  readonly view?: View;
  /** Absolute path of the sweeper. It deletes what the user left in public folders, where no view hides them. */
  readonly sweeper?: string;
  /** Complete environment of the cell program, such as PATH and proxies. Only the cell marker is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** SIGUSR1 would open the debugger of Node to every process of the same user, builds included. */
const ignoreDebugger = "--disable-sigusr1";
/** Milliseconds between SIGTERM and SIGKILL. */
const grace = 10_000;
/** Milliseconds until a process must have ended after SIGKILL. Nothing ends a process that waits in the kernel. */
const killTimeout = 30_000;
const lostMessage =
  "SIGKILL did not end the cell: the kernel holds one of its processes; restart the host if this repeats";
/** Milliseconds between two looks at the state of the cell. */
const stateInterval = 10_000;
/** A cell that is stopped at this many looks in a row does not continue: a process of its order stopped it. */
const longestStop = 3;
/** Milliseconds of the run that compiles the program. */
const compileTimeout = 30_000;
/** Milliseconds to read the pipes after the cell has exited. An unrelated process may hold them open longer. */
const drainPipes = 2_000;

/** Cells as child processes, one per order, each in its own session. A cell stops when its standard input closes. */
export function createProcessCells(options: ProcessCellsOptions): Cells {
  let prefixOf: ((order: Order) => readonly string[]) | undefined;
  return {
    async run(order, on, signal) {
      signal.throwIfAborted();
      prefixOf ??= await prepareUser(options);
      signal.throwIfAborted();
      const output = openOutput(options.output);
      const group = options.groups?.open();
      try {
        const prefix = [...(group?.prefix ?? []), ...prefixOf(order)];
        return await runOrder(options, prefix, order, on, signal, (chunk) => output.write(chunk));
      } finally {
        output.close();
        await group?.close();
        await tidy(options);
        await removeCellRecord(options.record);
      }
    },
  };
}

/** Runs the program without an order, so that it leaves its compiled modules for the starts of all orders. */
async function compile({ node, program, environment, compiled }: ProcessCellsOptions): Promise<void> {
  if (compiled === undefined) return;
  const env = { ...environment, ...compiledIn(compiled) };
  await run({ command: node, args: [ignoreDebugger, program], cwd: "/", env, timeoutMs: compileTimeout });
}

function compiledIn(folder: string | undefined): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/** Removes what an earlier builder left of the user. Resolves with the command prefix of each order. */
async function prepareUser(options: ProcessCellsOptions): Promise<(order: Order) => readonly string[]> {
  const { user, isolation, view, environment, log } = options;
  await compile(options);
  await killAll(options, undefined);
  await tidy(options);
  if (user === undefined) return () => isolation.prefix;
  const { prefix, missing } = await probeFences(environment);
  if (missing.length > 0)
    log.warn({ missing }, "builds run without some limits, because these commands of util-linux do not work here");
  if (view === undefined || !isolation.files) return () => [...isolation.prefix, ...prefix];
  return (order) => [...isolation.prefix, ...privateViewOf(viewOf(order, view, environment)), ...prefix];
}

/**
 * Empties the keyrings of the user. Deletes what the user left in public folders and in the IPC namespace, if the order
 * shared them with the machine.
 */
async function tidy({ user, isolation, view, sweeper, ...rest }: ProcessCellsOptions): Promise<void> {
  if (user?.isExclusive !== true) return;
  if (!(await emptyKeyrings(user, rest.environment)))
    rest.log.error({ user: user.uid }, "keys of a build may be left in the keyrings of its user");
  if (sweeper === undefined) return;
  if (isolation.ipc && isolation.files && view !== undefined) return;
  await removeLitter({ ...rest, user, sweeper });
}

async function runOrder(
  options: ProcessCellsOptions,
  prefix: readonly string[],
  order: Order,
  on: (event: CellEvent) => void,
  signal: AbortSignal,
  print: (chunk: Uint8Array) => void,
): Promise<Outcome> {
  const child = start(options, prefix, order.id);
  const exited = exitOf(child);
  const over = new AbortController();
  const lost = Promise.withResolvers<"lost">();
  let outcome: Outcome | undefined;
  let failure: string | undefined;
  const kill = () => {
    killGroup(child, "SIGKILL");
    options.clock.sleep(killTimeout, over.signal).then(
      () => lost.resolve("lost"),
      () => {},
    );
  };
  const killSoon = () => void options.clock.sleep(grace, over.signal).then(kill, () => {});
  const stop = () => {
    terminate(child);
    killSoon();
  };
  void stoppedCell(child, options.clock, over.signal).then((isOver) => {
    if (!isOver) return;
    failure = "A process of the order stopped the cell (SIGSTOP), so the builder killed it";
    kill();
  });
  const errors = new Tail(2048);
  const lines = createEventLines((event) => {
    if (outcome !== undefined) return;
    if (event.event !== "outcome") return on(event);
    outcome = event.outcome;
    killSoon();
  });
  const complain = (chunk: Uint8Array) => {
    errors.write(chunk);
    print(chunk);
  };
  child.stdin?.on("error", () => {}); // A dead cell cannot read its order.
  child.stdout?.on("data", print);
  child.stderr?.on("data", complain);
  (child.stdio[3] as Readable | undefined)?.on("data", (chunk: Uint8Array) => lines.write(chunk));
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (child.pid !== undefined) await writeCellRecord(options.record, { pid: child.pid, id: order.id });
    if (!signal.aborted) child.stdin?.write(`${JSON.stringify(order)}\n`);
    const exit = await Promise.race([exited, lost.promise]);
    over.abort();
    await within(options.clock, killTimeout, cleanUp(child, order.id, options));
    if (exit === "lost")
      options.log.error(
        { order: order.id, pid: child.pid },
        "SIGKILL did not end the cell; its processes may still run",
      );
    const garbage = lines.invalidLines();
    if (garbage > 0)
      options.log.warn({ order: order.id, garbage }, "dropped lines of a cell that are not valid events");
    signal.throwIfAborted();
    if (failure === undefined && outcome !== undefined && exit !== "lost") return outcome;
    const message = failure ?? (exit === "lost" ? lostMessage : exitMessageOf(exit, errors.text()));
    return { kind: "Infrastructure", reason: "CellDied", message };
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    if (child.exitCode === null && child.signalCode === null) killGroup(child, "SIGKILL");
  }
}

function start(
  { node, program, user, environment, compiled }: ProcessCellsOptions,
  prefix: readonly string[],
  id: string,
): ChildProcess {
  const asUser = user === undefined ? [] : ["--user", `${user.uid}:${user.gid}`];
  const [command = node, ...args] = [...prefix, node, ignoreDebugger, program, ...asUser];
  return spawn(command, args, {
    env: { ...environment, ...compiledIn(compiled), [cellMarker]: id },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
}

/** Also closes standard input: the first process of a PID namespace ignores SIGTERM until it installs a handler. */
function terminate(child: ChildProcess): void {
  child.stdin?.destroy();
  killGroup(child, "SIGTERM");
}

/**
 * Resolves with true when the cell stays stopped, with false when it is over. In its own PID namespace no process of
 * the order can stop it.
 */
async function stoppedCell({ pid }: ChildProcess, clock: Pick<Clock, "sleep">, over: AbortSignal): Promise<boolean> {
  if (pid === undefined) return false;
  for (let looks = 0; looks < longestStop; ) {
    await clock.sleep(stateInterval, over).catch(() => {});
    if (over.aborted) return false;
    looks = (await isStopped(pid)) ? looks + 1 : 0;
  }
  return true;
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has no process left.
  }
}

/**
 * Kills all processes of an exclusive user. Otherwise kills the processes with the marker of the order, if a PID
 * namespace did not end them.
 */
async function killAll({ user, isolation, log }: ProcessCellsOptions, id: string | undefined): Promise<void> {
  const order = id ?? "none";
  if (user?.isExclusive === true) {
    const { killed, left } = await killUser(user);
    if (killed > 0) log.warn({ order, survivors: killed }, "killed processes that outlived their cell");
    if (left > 0)
      log.error({ order, left }, `processes of user ${user.uid} cannot be killed; the next order tries again`);
    return;
  }
  const survivors = id === undefined || isolation.processes ? 0 : await killMarked(id);
  if (survivors > 0) log.warn({ order, survivors }, "killed processes that outlived their cell");
}

/** Kills every process of the cell, and reads the rest of its pipes. */
async function cleanUp(child: ChildProcess, id: string, options: ProcessCellsOptions): Promise<void> {
  const { clock } = options;
  killGroup(child, "SIGKILL");
  await killAll(options, id);
  const pipes = [child.stdout, child.stderr, child.stdio[3]].filter(
    (stream) => stream !== null && stream !== undefined,
  );
  await within(clock, drainPipes, Promise.all(pipes.map((stream) => finished(stream).catch(() => {}))));
  for (const stream of child.stdio) stream?.destroy();
}

/** Waits for `work`, at most `ms` milliseconds. */
async function within(clock: Pick<Clock, "sleep">, ms: number, work: Promise<unknown>): Promise<void> {
  const waited = new AbortController();
  await Promise.race([work, clock.sleep(ms, waited.signal).catch(() => {})]);
  waited.abort();
}
