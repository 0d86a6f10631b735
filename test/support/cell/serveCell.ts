import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import type { CellName } from "../../../src/api/cell/order.ts";
import { probeIsolation } from "../../../src/builder/cells/isolation.ts";
import { createSocketCells } from "../../../src/builder/cells/socketCells.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { version } from "../../../src/system/version.ts";
import { handedOn } from "../builder/handedOn.ts";

export const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
export const serveProgram = resolve(import.meta.dirname, "../../../src/cell/serve.ts");

const probeProgram = resolve(import.meta.dirname, "../../../src/cell/probe.ts");

export interface Container {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Its standard output and standard error so far. */
  output(): string;
  /** Pid of its first child process on this machine. */
  serving(): number;
}

export interface ServedCell {
  readonly socket: string;
  /** Starts the container, or restarts it after its end. */
  start(): Promise<Container>;
  /** Runs the liveness probe of the container. `enter` is a command prefix. */
  probe(enter?: readonly string[]): Container;
  /** The client of the builder. */
  readonly cells: ReturnType<typeof createSocketCells>;
}

/**
 * A cell server as in a pod: alone in a PID namespace. It runs `command` as its cell program. `enter` is a command
 * prefix.
 */
export async function aServedCell(
  command: readonly string[],
  {
    builderVersion = version,
    enter = [],
    haste = 1,
    cell = "base",
  }: {
    readonly cell?: CellName;
    readonly builderVersion?: string;
    readonly enter?: readonly string[];
    /** The client of the builder sleeps a fraction of its time. */
    readonly haste?: number;
  } = {},
): Promise<ServedCell> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-served-"));
  const socket = join(root, "cell.sock");
  const environment = handedOn(process.env);
  const { prefix } = await probeIsolation(environment);
  const [program = "", ...isolation] = prefix;
  const started: Container[] = [];
  onTestFinished(async () => {
    for (const { child } of started) child.kill("SIGKILL");
    await Promise.all(started.map(({ ended }) => ended));
    rmSync(root, { recursive: true, force: true });
  });
  const log = createLog({ level: "silent" });
  const sleep = (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / haste, signal);
  const clock = { ...systemClock, sleep };
  const probeName = basename(root);
  return {
    socket,
    probe(enter = []) {
      const [command = node, ...args] = [...enter, node, probeProgram, probeName];
      return follow(spawn(command, args, { env: environment }));
    },
    cells: createSocketCells({ socket, pod: "o2-0", version: builderVersion, clock, log }),
    async start() {
      const serve = [
        "--disable-sigusr1",
        serveProgram,
        "--alone",
        "--cell",
        cell,
        "--socket",
        socket,
        "--probe",
        probeName,
      ];
      const args = [...isolation, ...enter, node, ...serve, "--", ...command];
      const container = follow(spawn(program, args, { cwd: "/", env: environment, stdio: ["ignore", "pipe", "pipe"] }));
      started.push(container);
      await until(() => container.output().includes("listening"));
      return container;
    },
  };
}

/** Collects the output and the exit of a program. */
export function follow(child: ChildProcess): Container {
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = new Promise<Awaited<Container["ended"]>>((done) =>
    child.once("close", (code, signal) => done({ code, signal })),
  );
  return {
    child,
    ended,
    output: () => output,
    serving: () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ")[0]),
  };
}

export async function until(done: () => boolean, ms = 90_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for: ${done}`);
    await systemClock.sleep(20);
  }
}

/** Command lines on this machine that contain the text, also in other PID namespaces. */
export function commandsWith(text: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return /^[0-9]+$/.test(pid) && command.includes(text) ? [command] : [];
    } catch {
      return [];
    }
  });
}
