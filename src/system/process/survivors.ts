import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./run.ts";

/** A running process. */
interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly marked: boolean;
}

/** The processes to kill: with the marker, also all descendants, or all others in the PID namespace. */
type Reach = "marked" | "descendants" | "all";

/** Environment variable that every process of a cell inherits. Its value is the id of the order. */
export const cellMarker = "BUILDERPOOL_CELL";

/**
 * Kills all descendants of this process and all processes with `BUILDERPOOL_CELL=<id>` in their environment, in any
 * session, until all are dead. Resolves with the number of killed processes. As PID 1 of a namespace, it kills all
 * other processes.
 *
 * Outside a PID namespace this is best effort. A process can escape if it cleared its environment, left the group and
 * lost its parent.
 */
export async function killSurvivors(id: string): Promise<number> {
  return killAll(id, process.pid === 1 ? "all" : "descendants");
}

/**
 * Kills all other processes in this PID namespace, except this process and its ancestors, until all are dead. Resolves
 * with the number of killed processes. Only for a process that checked at its start that it was alone in the namespace.
 */
export async function killAllOthers(): Promise<number> {
  return killAll("", "all");
}

/** The processes in this PID namespace, without this process and its ancestors. */
export async function otherProcesses(): Promise<readonly number[]> {
  return survivors(await runningProcesses(""), process.pid, "all");
}

/** Kills every process with the marker, except this process and its ancestors. Cleans up after a dead cell. */
export async function killMarked(id: string): Promise<number> {
  return killAll(id, "marked");
}

async function killAll(id: string, reach: Reach): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    const found = survivors(await runningProcesses(id), process.pid, reach);
    if (found.length === 0) break;
    if (reach === "all") kill(-1);
    for (const pid of found) {
      if (kill(pid)) killed.add(pid);
    }
    await sleep(10 * (round + 1));
  }
  return killed.size;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

/** The living processes within reach, never `self` and its ancestors. */
function survivors(table: readonly Running[], self: number, reach: Reach): readonly number[] {
  const parents = new Map(table.map(({ pid, parent }) => [pid, parent]));
  const lineageOf = (pid: number): readonly number[] => {
    const seen: number[] = [];
    for (let at: number | undefined = pid; at !== undefined && at > 0 && !seen.includes(at); at = parents.get(at))
      seen.push(at);
    return seen;
  };
  const spared = new Set(lineageOf(self));
  const within: Readonly<Record<Reach, (one: Running) => boolean>> = {
    marked: ({ marked }) => marked,
    descendants: ({ pid, marked }) => marked || lineageOf(pid).includes(self),
    all: () => true,
  };
  return table.filter((one) => !spared.has(one.pid) && within[reach](one)).map(({ pid }) => pid);
}

function runningProcesses(id: string): Promise<readonly Running[]> {
  return process.platform === "linux" ? fromProc(`${cellMarker}=${id}`) : fromPs(`${cellMarker}=${id}`);
}

async function fromProc(mark: string): Promise<readonly Running[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const table = await Promise.all(
    pids.map(async (pid): Promise<Running | undefined> => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === undefined || fields[0] === "" || "ZX".includes(fields[0])) return undefined;
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return { pid: Number(pid), parent: Number(fields[1]), marked: environment.split("\0").includes(mark) };
    }),
  );
  return table.filter((entry) => entry !== undefined);
}

/** On macOS there is no /proc. `ps` shows the environment of processes of the same user. */
async function fromPs(mark: string): Promise<readonly Running[]> {
  const { stdout } = await run({
    command: "/bin/ps",
    args: ["-A", "-E", "-ww", "-o", "pid=,ppid=,stat=,command="],
    cwd: "/",
    env: {},
    maxCapture: 2 ** 26,
  });
  return runningIn(stdout, mark);
}

/** Reads the output of `ps -A -E -ww -o pid=,ppid=,stat=,command=`, where the environment follows the command. */
export function runningIn(output: string, mark: string): readonly Running[] {
  return output.split("\n").flatMap((line) => {
    const [pid, parent, state, ...command] = line.trim().split(/\s+/);
    if (pid === undefined || parent === undefined || state === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), marked: command.includes(mark) }];
  });
}
