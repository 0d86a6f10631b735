import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";

/** One process of this machine. The environment is empty without the permission to read it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** `NAME=value`, from the start of the program. */
  readonly environment: readonly string[];
}

/** Returns all running processes without zombies. */
export function listProcesses(): Promise<readonly Process[]> {
  return process.platform === "linux" ? fromProc() : fromPs();
}

async function fromProc(): Promise<readonly Process[]> {
  const table: Process[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // the name in parentheses may contain any character
    const [state = "Z", ...ids] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent = 0, group = 0, session = 0] = ids.slice(0, 3).map(Number);
    if (stat === "" || state === "Z" || state === "X") continue;
    const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    table.push({ pid: Number(pid), parent, group, session, environment: text.split("\0") });
  }
  return table;
}

/**
 * macOS shows the environment after the command line, separated by blanks. A work folder with a blank in its path is
 * therefore not recognised.
 */
async function fromPs(): Promise<readonly Process[]> {
  const columns = "pid=,ppid=,pgid=,stat=,command=";
  const { stdout } = await execa("/bin/ps", ["-A", "-E", "-ww", "-o", columns], { maxBuffer: 2 ** 26 });
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, group, state = "Z", ...environment] = line.trim().split(/\s+/);
    if (state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, environment }];
  });
}
