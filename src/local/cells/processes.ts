import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";

/** One process of this machine. The environment is empty where we may not read it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** `NAME=value`, as it was when the program started. */
  readonly environment: readonly string[];
}

/** All processes that run now; zombies are none. */
export function listProcesses(): Promise<readonly Process[]> {
  return process.platform === "linux" ? fromProc() : fromPs();
}

async function fromProc(): Promise<readonly Process[]> {
  const table: Process[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // the name, in parentheses, may hold anything
    const [state = "Z", ...ids] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent = 0, group = 0, session = 0] = ids.slice(0, 3).map(Number);
    if (stat === "" || state === "Z" || state === "X") continue;
    const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    table.push({ pid: Number(pid), parent, group, session, environment: text.split("\0") });
  }
  return table;
}

/** macOS shows the environment behind the command line, separated by blanks: a folder with a blank in its path is not recognised. */
async function fromPs(): Promise<readonly Process[]> {
  const columns = "pid=,ppid=,pgid=,stat=,command=";
  const { stdout } = await execa("/bin/ps", ["-A", "-E", "-ww", "-o", columns], { maxBuffer: 2 ** 26 });
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, group, state = "Z", ...environment] = line.trim().split(/\s+/);
    if (state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, environment }];
  });
}
