import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../until.ts";
import type { Layout } from "./layout.ts";

/** A program that outlives this process. A later run finds it by its file in the folder of the cluster. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
}

const suffix = ".pid";

/** Starts `command` with its output in the logs, and records its process. */
export async function startDaemon(layout: Layout, name: string, command: readonly string[]): Promise<Daemon> {
  const output = openSync(join(layout.logs, `${name}.log`), "a");
  const [program = "", ...args] = command;
  const child = spawn(program, args, { detached: true, cwd: "/", stdio: ["ignore", output, output] });
  closeSync(output);
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
  child.unref();
  // The start time distinguishes it from a later process with the same number.
  await writeFile(join(layout.folder, `${name}${suffix}`), `${pid} ${await startTime(pid)}`);
  return { name, pid };
}

/** The command that runs `command` in the namespaces of the process `pid`. */
export function within(pid: number, command: readonly string[]): string[] {
  return ["nsenter", `--target=${pid}`, "--net", "--mount", "--", ...command];
}

/** All recorded programs that still run. */
export async function daemons(layout: Layout): Promise<Daemon[]> {
  const names = (await readdir(layout.folder).catch(() => [])).filter((name) => name.endsWith(suffix));
  const found: Daemon[] = [];
  for (const file of names) {
    const [pid, started] = (await readFile(join(layout.folder, file), "utf8")).split(" ");
    if (started !== undefined && (await startTime(Number(pid))) === started) {
      found.push({ name: file.slice(0, -suffix.length), pid: Number(pid) });
    }
  }
  return found;
}

/** Resolves when the condition is true. Rejects with the end of the log if the program exits first. */
export async function untilRunning(layout: Layout, daemon: Daemon, condition: () => Promise<boolean>): Promise<void> {
  await until(`${daemon.name} is ready`, async () => {
    if (!(await daemons(layout)).some(({ pid }) => pid === daemon.pid)) {
      const log = await readFile(join(layout.logs, `${daemon.name}.log`), "utf8");
      throw new Error(`${daemon.name} exited:\n${log.split("\n").slice(-15).join("\n")}`);
    }
    return condition().catch(() => false);
  });
}

/**
 * Sends the signal to the running programs of `names`. Waits up to `patience` ms. Returns the programs that still run.
 */
export async function stopDaemons(layout: Layout, names: readonly string[], signal: NodeJS.Signals, patience: number) {
  const running = async () => (await daemons(layout)).filter(({ name }) => names.includes(name));
  for (const { pid } of await running()) kill(pid, signal);
  for (const deadline = performance.now() + patience; performance.now() < deadline; await sleep(50)) {
    if ((await running()).length === 0) break;
  }
  return running();
}

/** Whether the network namespace of process `pid` has a listener on this TCP port, at any address. */
export async function listens(pid: number, port: number): Promise<boolean> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "utf8").catch(() => "")),
  );
  const listening = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F]+:0000 0A `);
  return tables.some((table) => listening.test(table));
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has already exited.
  }
}

/** The start time in clock ticks since boot. Undefined for a missing process and for a zombie. */
export async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
