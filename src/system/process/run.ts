import { execa } from "execa";
import { Capture, Tail } from "./capture.ts";

/** A command to run. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the command; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** The user of the command. Only root can run it as another user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Time limit in milliseconds; no limit by default. */
  readonly timeoutMs?: number;
  /** Stops the command when it aborts. */
  readonly signal?: AbortSignal;
  /** Time between SIGTERM and SIGKILL in milliseconds; by default 5 seconds. */
  readonly graceMs?: number;
  /** Text or bytes for standard input; by default empty. */
  readonly input?: string | Uint8Array;
  /** Text for file descriptor 3, for a secret: unlike arguments and environment, no other process can read it. */
  readonly secret?: string;
  /**
   * Receives each chunk of standard output and standard error. Meanwhile no further output is read, so the pipe fills
   * and the command waits.
   */
  readonly onChunk?: (chunk: Uint8Array) => void | Promise<void>;
  /** Most bytes of standard output in `stdout`; by default 1 MiB. */
  readonly maxCapture?: number;
}

/** The result of a command. */
export interface Ended {
  /** Absent if the command was killed or never started. */
  readonly exitCode?: number;
  /** The signal that ended the command. */
  readonly signal?: string;
  /** The reason why the command never started, as a sentence. */
  readonly notStarted?: string;
  readonly timedOut: boolean;
  readonly canceled: boolean;
  readonly durationMs: number;
  /** The beginning of standard output. */
  readonly stdout: string;
  /** The last 8 KiB of standard output and standard error together. */
  readonly tail: string;
}

/** The result if the signal is aborted before the start. */
const neverStarted: Ended = { timedOut: false, canceled: true, durationMs: 0, stdout: "", tail: "" };
/**
 * A pipe without output for this many milliseconds after the command ended is closed, even if a process still holds it.
 */
const pipeSilence = 500;

/**
 * Runs a command in its own process group and waits for its end. Never throws for a failed command. On timeout or
 * abort, the group gets SIGTERM, then SIGKILL. At the end of the command, the rest of its group is killed. A process
 * that left the group (setsid) survives; see killSurvivors.
 */
export async function run(command: Command): Promise<Ended> {
  if (command.signal?.aborted === true) return neverStarted;
  const subprocess = execa(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    ...(command.user && { uid: command.user.uid, gid: command.user.gid }),
    extendEnv: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
    stdio: [
      command.input === undefined ? "ignore" : inputOf(command.input),
      "pipe",
      "pipe",
      ...(command.secret === undefined ? [] : [inputOf(command.secret)]),
    ],
    killDescendants: true,
    forceKillAfterDelay: command.graceMs ?? 5_000,
    ...(command.timeoutMs === undefined ? {} : { timeout: Math.min(Math.ceil(command.timeoutMs), 2 ** 31 - 1) }),
    ...(command.signal === undefined ? {} : { cancelSignal: command.signal }),
  });
  const stdout = new Capture(command.maxCapture ?? 2 ** 20);
  const tail = new Tail(8192);
  const reading = { chunks: 0, busy: 0 };

  async function read(stream: AsyncIterable<Uint8Array>, capture: Capture | undefined): Promise<void> {
    for await (const chunk of stream) {
      reading.chunks += 1;
      reading.busy += 1;
      capture?.write(chunk);
      tail.write(chunk);
      await command.onChunk?.(chunk);
      reading.busy -= 1;
    }
  }
  const { nodeChildProcess: child } = subprocess;
  const readers = Promise.allSettled([
    child.stdout === null ? undefined : read(child.stdout, stdout),
    child.stderr === null ? undefined : read(child.stderr, undefined),
  ]);
  child.once("exit", () => {
    killGroup(child.pid);
    let seen = -1;
    const timer = setInterval(() => {
      const open = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.destroyed);
      if (open.length === 0) clearInterval(timer);
      else if (reading.busy === 0 && reading.chunks === seen) for (const stream of open) stream?.destroy();
      seen = reading.chunks;
    }, pipeSilence);
    timer.unref();
  });
  const result = await subprocess;
  await readers;
  return {
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    ...(result.signal === undefined ? {} : { signal: result.signal }),
    ...(child.pid === undefined ? { notStarted: result.shortMessage ?? "" } : {}),
    timedOut: result.timedOut,
    canceled: result.isCanceled,
    durationMs: result.durationMs,
    stdout: stdout.text(),
    tail: tail.text(),
  };
}

function inputOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // The group is empty.
  }
}
