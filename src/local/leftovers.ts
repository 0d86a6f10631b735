import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cellMarker } from "../system/process/survivors.ts";
import { type Process, processes } from "./processes.ts";

const rounds = 40;
const pauseMs = 25;

/**
 * Kills what the cells of an earlier `up` on this work folder left running: the processes that carry the cells' marker and a path of
 * the folder in their environment, the groups and sessions they lead, and all descendants. To be called with the folder locked, before
 * anything new starts. Resolves with how many there were; throws a sentence when some cannot be stopped.
 */
export async function stopLeftovers(workDir: string): Promise<number> {
  const folders = [...new Set([workDir, realpathSync(workDir)])];
  const killed = new Set<number>();
  let found: readonly Process[] = [];
  for (let round = 0; round < rounds; round += 1) {
    found = leftovers(await processes(), folders, process.pid);
    if (found.length === 0) return killed.size;
    for (const { pid } of found) if (kill(pid)) killed.add(pid);
    await sleep(pauseMs);
  }
  const list = found.map(({ pid }) => pid).join(", ");
  throw new Error(
    `processes ${list} of an earlier \`builderpool up\` on ${workDir} cannot be stopped; end them, then start again`,
  );
}

/** Closed under descent and leadership; never `self` or anything it hangs on. */
function leftovers(table: readonly Process[], folders: readonly string[], self: number): readonly Process[] {
  const spared = new Set(ancestors(table, self));
  const found = new Set<number>();
  for (;;) {
    const more = table.filter(
      (process) =>
        !found.has(process.pid) && !spared.has(process.pid) && (isMarked(process, folders) || belongs(process, found)),
    );
    if (more.length === 0) return table.filter(({ pid }) => found.has(pid));
    for (const { pid } of more) found.add(pid);
  }
}

function isMarked({ environment }: Process, folders: readonly string[]): boolean {
  const isCell = environment.some((entry) => entry.startsWith(`${cellMarker}=`));
  return isCell && environment.some((entry) => folders.some((folder) => isWithin(textOf(entry), folder)));
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
