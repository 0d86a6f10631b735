import { realpathSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CellRecord, processStartTime, removeCellRecord } from "../../builder/cells/cellRecord.ts";
import { parseJson } from "../../system/parseJson.ts";
import { cellMarker } from "../../system/process/survivors.ts";
import { listProcesses, type Process } from "./processes.ts";

const rounds = 40;
const pauseMs = 25;

/** What gives a process away as the work of a cell of this work folder. */
interface Traces {
  /** The folder, with and without symbolic links. */
  readonly folders: readonly string[];
  /** Ids of the orders that were running. */
  readonly ids: ReadonlySet<string>;
  /** Cells that were recorded and still run. */
  readonly cells: ReadonlySet<number>;
}

/**
 * Kills what the cells of an earlier `up` on this work folder left running: cells that are on record, processes that carry
 * the cells' marker with the id of such a cell or beside a path of the folder, the groups and sessions they lead, and all
 * descendants. To be called with the folder locked, before anything new starts. Resolves with how many there were; throws a
 * sentence when some cannot be stopped.
 */
export async function stopLeftovers(workDir: string): Promise<number> {
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
    `processes ${list} of an earlier \`builderpool up\` on ${workDir} cannot be stopped; end them, then start again`,
  );
}

/** Where the builders of one machine write which cell they run. */
export function cellRecordIn(sandbox: string): string {
  return join(sandbox, "state", "cell.json");
}

async function recordsIn(builders: string): Promise<readonly string[]> {
  const entries = await readdir(builders, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => cellRecordIn(join(builders, name)));
}

/** A record that cannot be read tells nothing; a process with another start has got the number of one that is gone. */
async function tracesOf(workDir: string, records: readonly string[]): Promise<Traces> {
  const ids = new Set<string>();
  const cells = new Set<number>();
  for (const path of records) {
    const text = await readFile(path, "utf8").catch(() => "");
    const record = CellRecord.safeParse(parseJson(text)).data;
    if (record === undefined) continue;
    ids.add(record.id);
    if ((await processStartTime(record.pid)) === record.startTime) cells.add(record.pid);
  }
  return { folders: [...new Set([workDir, realpathSync(workDir)])], ids, cells };
}

/** Closed under descent and leadership; never `self` or anything it hangs on. */
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
    return false; // it ended by itself, or is not ours to end: the next look tells
  }
}
