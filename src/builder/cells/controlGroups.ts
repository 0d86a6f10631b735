import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mostProcesses } from "../../api/cell/limits.ts";
import { messageOf } from "../../system/messageOf.ts";

/** The control groups of the kernel for one order. They limit its memory and its processes together. */
export interface OrderGroup {
  /** Command prefix that moves the rest of its arguments into the groups. */
  readonly prefix: readonly string[];
  /** Kills every process in the groups, and removes them. Resolves with the number of killed processes. */
  close(): Promise<number>;
}

/** The control groups of this machine. */
export interface ControlGroups {
  /** Creates the groups of one order. Undefined if the system refuses. */
  open(): OrderGroup | undefined;
}

/** A folder of the kernel in which this process may create groups, and the limits of a new group there. */
interface Parent {
  readonly path: string;
  readonly limits: Readonly<Record<string, number>>;
}

/** Share of the memory that one order may use. The rest is for `up` and the system. */
const memoryShare = 0.9;
const namePrefix = "builderpool-order-";
/** Name of the group of `up` itself. Version 2 allows limits only beside a group with processes. */
const ownName = "builderpool-up";
const killRounds = 40;
const killPauseMs = 25;
const enter = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done; shift; exec "$@"';

/**
 * Returns the control groups below those of this process, or the reason why orders can have none, as a clause. They
 * need root and the controllers `memory` and `pids`. With version 2, `up` must be alone in its group, as in a systemd
 * unit with `Delegate=yes`. Unless `mayMove` is false, this process then moves into a group of its own. Call it once.
 */
export function probeControlGroups(mayMove = true): ControlGroups | string {
  if (process.platform !== "linux") return "this system has none";
  if (process.geteuid?.() !== 0) return "only root can create them";
  try {
    const parents = parentsOfVersion1() ?? parentsOfVersion2(mayMove);
    if (typeof parents === "string") return parents;
    for (const { path } of parents) removeEmpty(path);
    if (mayMove) for (const group of create(parents)) rmdirSync(group);
    return { open: () => open(parents) };
  } catch (error) {
    return messageOf(error);
  }
}

function parentsOfVersion1(): readonly Parent[] | undefined {
  const memory = ownGroup("cgroup", "memory");
  const pids = ownGroup("cgroup", "pids");
  if (memory === undefined || pids === undefined) return undefined;
  return [
    { path: memory, limits: { "memory.limit_in_bytes": mostMemory() } },
    { path: pids, limits: { "pids.max": mostProcesses } },
  ];
}

function parentsOfVersion2(mayMove: boolean): readonly Parent[] | string {
  const path = ownGroup("cgroup2", "");
  const controllers = path === undefined ? [] : wordsIn(join(path, "cgroup.controllers"));
  if (path === undefined || !["memory", "pids"].every((name) => controllers.includes(name)))
    return "the controllers memory and pids are not available";
  const isTop = !existsSync(join(path, "cgroup.type"));
  const others = wordsIn(join(path, "cgroup.procs")).filter((pid) => Number(pid) !== process.pid);
  if (!isTop && others.length > 0)
    return "other processes are in the control group of this process; start `up` as a systemd unit with Delegate=yes";
  const limits = { "memory.max": mostMemory(), "pids.max": mostProcesses };
  if (!mayMove) return [{ path, limits }];
  if (!isTop) {
    mkdirSync(join(path, ownName), { recursive: true });
    writeFileSync(join(path, ownName, "cgroup.procs"), String(process.pid));
  }
  writeFileSync(join(path, "cgroup.subtree_control"), "+memory +pids");
  return [{ path, limits }];
}

/** The folder of this process's group. Undefined if the file system is not mounted, or shows another part. */
function ownGroup(type: "cgroup" | "cgroup2", controller: string): string | undefined {
  const lines = readFileSync("/proc/self/cgroup", "utf8").split("\n");
  const line = lines.map((one) => one.split(":")).find(([, names]) => names?.split(",").includes(controller));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const mount = mounts.find((one) => {
    const [, kind, , options = ""] = / - (\S+) (\S+) (\S+)$/.exec(one) ?? [];
    return kind === type && (controller === "" || options.split(",").includes(controller));
  });
  const place = mount?.split(" ")[4];
  if (line === undefined || place === undefined) return undefined;
  const path = join(place, line.slice(2).join(":"));
  return existsSync(join(path, "cgroup.procs")) ? path : undefined;
}

let opened = 0;

function open(parents: readonly Parent[]): OrderGroup | undefined {
  let groups: readonly string[];
  try {
    groups = create(parents);
  } catch {
    return undefined;
  }
  return { prefix: ["sh", "-ec", enter, "sh", ...groups, "--"], close: () => close(groups) };
}

function create(parents: readonly Parent[]): readonly string[] {
  opened += 1;
  return parents.map(({ path, limits }) => {
    const group = join(path, `${namePrefix}${process.pid}-${opened}`);
    mkdirSync(group);
    for (const [file, limit] of Object.entries(limits)) writeFileSync(join(group, file), String(limit));
    return group;
  });
}

async function close(groups: readonly string[]): Promise<number> {
  const killed = new Set<string>();
  for (let round = 0; round < killRounds; round += 1) {
    const left = groups.flatMap((group) => wordsIn(join(group, "cgroup.procs")));
    if (left.length === 0) break;
    for (const pid of left) killed.add(pid);
    for (const group of groups) killGroup(group);
    await sleep(killPauseMs);
  }
  for (const group of groups) remove(group);
  return killed.size;
}

/** Kills the processes of a group, in version 2 all at once. */
function killGroup(group: string): void {
  const all = join(group, "cgroup.kill");
  if (existsSync(all)) writeFileSync(all, "1");
  for (const pid of wordsIn(join(group, "cgroup.procs"))) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

/** Removes the groups that an earlier `up` left without processes. */
function removeEmpty(parent: string): void {
  for (const name of readdirSync(parent)) if (name.startsWith(namePrefix)) remove(join(parent, name));
}

function remove(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // A process is left. The next start of `up` tries again.
  }
}

function wordsIn(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

function mostMemory(): number {
  return Math.floor(totalmem() * memoryShare);
}
