import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./run.ts";

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly marked: boolean;
}

type Reach = "marked" | "descendants" | "everybody";

/** Variable that every process of a cell inherits; its value is the id of the order. */
export const cellMarker = "BUILDERPOOL_CELL";

/**
 * Kills what this process started and everything that carries `BUILDERPOOL_CELL=<id>` in its environment, in other sessions too, until
 * none is left; resolves with how many there were. As the first process of a PID namespace it simply kills everybody else. Outside one, a
 * process that cleared its environment, left the group and lost its parent escapes: the namespace is the fence, this is the net.
 */
export async function killSurvivors(id: string): Promise<number> {
  return killAll(id, process.pid === 1 ? "everybody" : "descendants");
}

/**
 * Kills whatever else runs in this PID namespace, the process itself and those it hangs on excepted, until nobody is left; resolves with
 * how many there were. Only for a process that made sure at its start that it was alone there.
 */
export async function killEverybodyElse(): Promise<number> {
  return killAll("", "everybody");
}

/** How many processes of this PID namespace are neither this one nor among those it hangs on. */
export async function otherProcesses(): Promise<number> {
  return survivors(await running(""), process.pid, "everybody").length;
}

/** Kills every process that carries the marker, but neither this one, nor its ancestors: what a cell that died left behind. */
export async function killMarked(id: string): Promise<number> {
  return killAll(id, "marked");
}

async function killAll(id: string, reach: Reach): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    const found = survivors(await running(id), process.pid, reach);
    if (found.length === 0) break;
    if (reach === "everybody") kill(-1);
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

/** Who is left within reach; never `self` and the ancestors it hangs on. */
function survivors(table: readonly Running[], self: number, reach: Reach): readonly number[] {
  const parents = new Map(table.map(({ pid, parent }) => [pid, parent]));
  const line = (pid: number): readonly number[] => {
    const seen: number[] = [];
    for (let at: number | undefined = pid; at !== undefined && at > 0 && !seen.includes(at); at = parents.get(at))
      seen.push(at);
    return seen;
  };
  const spared = new Set(line(self));
  const within: Readonly<Record<Reach, (one: Running) => boolean>> = {
    marked: ({ marked }) => marked,
    descendants: ({ pid, marked }) => marked || line(pid).includes(self),
    everybody: () => true,
  };
  return table.filter((one) => !spared.has(one.pid) && within[reach](one)).map(({ pid }) => pid);
}

function running(id: string): Promise<readonly Running[]> {
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

/** Where there is no /proc (macOS), `ps` shows the environment of one's own processes. */
async function fromPs(mark: string): Promise<readonly Running[]> {
  const { stdout } = await run({
    command: "/bin/ps",
    args: ["-A", "-E", "-ww", "-o", "pid=,ppid=,stat=,command="],
    cwd: "/",
    env: {},
    maxCapture: 2 ** 26,
  });
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, state, ...command] = line.trim().split(/\s+/);
    if (pid === undefined || parent === undefined || state === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), marked: command.includes(mark) }];
  });
}
