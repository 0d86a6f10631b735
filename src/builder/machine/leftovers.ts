import { realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killUser } from "../../system/process/killUser.ts";
import { cellMarker } from "../../system/process/survivors.ts";
import type { CellUser } from "../areas/owner.ts";
import { cellRecordPathOf, processStartTime, readCellRecord, removeCellRecord } from "../cells/cellRecord.ts";
import { listProcesses, type Process } from "./processes.ts";

const rounds = 40;
const pauseMs = 25;

/** Facts that identify processes of earlier cells of this work folder. */
interface Traces {
  /** The work folder, with and without symbolic links. */
  readonly folders: readonly string[];
  /** Ids of the recorded orders. */
  readonly ids: ReadonlySet<string>;
  /** PIDs of recorded cells that still run. */
  readonly cells: ReadonlySet<number>;
}

/**
 * Kills processes that the cells of an earlier `up` on this work folder left running. These are:
 * - cells on record.
 * - processes with the cells' marker that carry the id of a recorded cell or a path of the work folder.
 * - members of their groups and sessions, and all descendants.
 * - all processes of `users`, the claimed users of its builders.
 *
 * Call it with the folder locked and before any new process starts. Returns the number of killed processes. Throws an
 * Error for people if some processes cannot be stopped within 1 s.
 */
export async function stopLeftovers(workDir: string, users: readonly CellUser[] = []): Promise<number> {
  let killed = await stopTraced(workDir);
  for (const user of users) if (user.isExclusive === true) killed += (await killUser(user)).killed;
  return killed;
}

async function stopTraced(workDir: string): Promise<number> {
  const records = await recordsIn(join(workDir, "builders"));
  const traces = await tracesOf(workDir, records);
  const killed = new Set<number>();
  let found: readonly Process[] = [];
  for (let round = 0; round < rounds; round += 1) {
    found = leftovers(await listProcesses(), traces, process.pid);
    if (found.length === 0) {
      for (const record of records) await removeCellRecord(record);
      return killed.size;
    }
    for (const { pid } of found) if (kill(pid)) killed.add(pid);
    await sleep(pauseMs);
  }
  const list = found.map(({ pid }) => pid).join(", ");
  throw new Error(
    `processes ${list} of an earlier \`builderpool up\` on ${workDir} cannot be stopped; stop them yourself, then start again`,
  );
}

async function recordsIn(builders: string): Promise<readonly string[]> {
  const entries = await readdir(builders, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => cellRecordPathOf(join(builders, name)));
}

/** Ignores unreadable records. A process with another start time is not the cell: the PID was reused. */
async function tracesOf(workDir: string, records: readonly string[]): Promise<Traces> {
  const ids = new Set<string>();
  const cells = new Set<number>();
  for (const path of records) {
    const record = await readCellRecord(path);
    if (record === undefined) continue;
    ids.add(record.id);
    if ((await processStartTime(record.pid)) === record.startTime) cells.add(record.pid);
  }
  return { folders: [...new Set([workDir, realpathSync(workDir)])], ids, cells };
}

/**
 * Returns the processes of earlier cells with all their descendants, groups and sessions; never `self` or its
 * ancestors.
 */
function leftovers(table: readonly Process[], traces: Traces, self: number): readonly Process[] {
  const spared = new Set(ancestors(table, self));
  const found = new Set<number>();
  for (;;) {
    const more = table.filter(
      (process) =>
        !found.has(process.pid) && !spared.has(process.pid) && (isCell(process, traces) || belongs(process, found)),
    );
    if (more.length === 0) return table.filter(({ pid }) => found.has(pid));
    for (const { pid } of more) found.add(pid);
  }
}

function isCell({ pid, environment }: Process, { folders, ids, cells }: Traces): boolean {
  if (cells.has(pid)) return true;
  const marker = environment.find((entry) => entry.startsWith(`${cellMarker}=`));
  if (marker === undefined) return false;
  return (
    ids.has(textOf(marker)) || environment.some((entry) => folders.some((folder) => isWithin(textOf(entry), folder)))
  );
}

function belongs({ parent, group, session }: Process, found: ReadonlySet<number>): boolean {
  return found.has(parent) || found.has(group) || found.has(session);
}

function textOf(entry: string): string {
  return entry.slice(entry.indexOf("=") + 1);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function ancestors(table: readonly Process[], self: number): readonly number[] {
  const parentOf = new Map(table.map(({ pid, parent }) => [pid, parent]));
  const line: number[] = [];
  for (let at: number | undefined = self; at !== undefined && at > 0 && !line.includes(at); at = parentOf.get(at)) {
    line.push(at);
  }
  return line;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // already gone, or not permitted: the next round shows which
  }
}
