import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { CellEvent, type Outcome } from "../../../src/api/cell/event.ts";
import type { Order } from "../../../src/api/cell/order.ts";

export interface Cell {
  readonly child: ChildProcess;
  /** All events so far. */
  readonly events: CellEvent[];
  /** Standard output so far. */
  output(): string;
  /** Resolves as soon as `done` returns true after an event or output. */
  until(done: () => boolean): Promise<void>;
  /** Its exit. The outcome is absent if it was killed. */
  readonly ended: Promise<Ending>;
}

export interface Ending {
  readonly code: number | null;
  readonly outcome: Outcome | undefined;
  readonly errors: string;
}

export const cellProgram = resolve(import.meta.dirname, "../../../src/cell/main.ts");
const node = resolve(import.meta.dirname, "../../../node_modules/.bin/node");

/** The variables that a builder passes to a cell. */
const passedVariables = /^(PATH|PIP_.*|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|https?_proxy|no_proxy)$/i;

/** Starts the real cell program. A string is sent unchanged, so that a test can send an invalid order. */
export function startCell(
  order: Order | string,
  options: {
    readonly args?: readonly string[];
    readonly prefix?: readonly string[];
    readonly env?: Record<string, string>;
  } = {},
): Cell {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => passedVariables.test(name)));
  const [command = node, ...args] = [...(options.prefix ?? []), node, cellProgram, ...(options.args ?? [])];
  const child = spawn(command, args, {
    env: { ...env, ...options.env },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const events: CellEvent[] = [];
  let output = "";
  let errors = "";
  let rest = "";
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    notify();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  (child.stdio[3] as Readable).setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => CellEvent.parse(JSON.parse(line))));
    notify();
  });
  child.stdin?.on("error", () => {});
  child.stdin?.write(typeof order === "string" ? order : `${JSON.stringify(order)}\n`);
  const ended = new Promise<Ending>((done) => {
    child.on("close", (code) => {
      const last = events.at(-1);
      done({ code, outcome: last?.event === "outcome" ? last.outcome : undefined, errors });
    });
  });
  return {
    child,
    events,
    output: () => output,
    until: (done) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!done()) return;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        check();
        void ended.then(() => reject(new Error(`the cell exited first: ${errors}\n${output.slice(-2000)}`)));
      }),
    ended,
  };
}

/** Runs an order and waits for its end. */
export async function runCell(order: Order, options?: Parameters<typeof startCell>[1]): Promise<Ending & Cell> {
  const cell = startCell(order, options);
  return { ...cell, ...(await cell.ended) };
}

/** The text of the sent logs, by path. */
export function logTexts(events: readonly CellEvent[]): Readonly<Record<string, string>> {
  const logs: Record<string, string> = {};
  let path = "";
  for (const event of events) {
    if (event.event === "logFile") path = event.path;
    if (event.event === "logFile") logs[path] = "";
    if (event.event === "logText") logs[path] += event.text;
  }
  return logs;
}

/** The steps of a cell. */
export function steps(events: readonly CellEvent[]): readonly string[] {
  return events.flatMap((event) => (event.event === "step" ? [event.step] : []));
}
