import { execa } from "execa";
import { Capture, Tail } from "./capture.ts";

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the command; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Whom it runs as; only root can run it as another user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How long it may tidy up after SIGTERM before SIGKILL follows; 5 seconds when absent. */
  readonly graceMs?: number;
  /** Text for standard input, which is empty when absent. */
  readonly input?: string;
  /** Sees every piece of standard output and standard error as it comes; while it works, the command's pipe fills and the command waits. */
  readonly onChunk?: (chunk: Uint8Array) => void | Promise<void>;
  /** Most bytes of standard output kept in `stdout`; 1 MiB when absent. */
  readonly maxCapture?: number;
}

export interface Ended {
  /** Absent when the command was killed or never started. */
  readonly exitCode?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why it never started, as a sentence. */
  readonly notStarted?: string;
  readonly timedOut: boolean;
  readonly canceled: boolean;
  readonly durationMs: number;
  /** The beginning of standard output. */
  readonly stdout: string;
  /** The last 8 KiB of standard output and standard error together. */
  readonly tail: string;
}

/** What comes of a command whose signal came before it. */
const neverStarted: Ended = { timedOut: false, canceled: true, durationMs: 0, stdout: "", tail: "" };
/** How long a pipe may stay silent after its command ended, before whoever still holds it is given up on. */
const silence = 500;

/**
 * Runs a command in a process group of its own and waits for its end; never throws for what the command does. On timeout or abort the
 * group gets SIGTERM, then SIGKILL; at the end of the command whatever is left of its group is killed. A process that left the group
 * (setsid) is beyond reach here: see killSurvivors.
 */
export async function run(command: Command): Promise<Ended> {
  if (command.signal?.aborted === true) return neverStarted;
  const subprocess = execa(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    ...command.user,
    extendEnv: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
    stdout: "pipe",
    stderr: "pipe",
    killDescendants: true,
    forceKillAfterDelay: command.graceMs ?? 5_000,
    ...(command.input === undefined ? { stdin: "ignore" } : { input: command.input }),
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
    }, silence);
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

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}
