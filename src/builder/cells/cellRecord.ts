import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../system/parseJson.ts";
import { run } from "../../system/process/run.ts";
import { writeAtomically } from "../../system/writeFile.ts";

/** What is known of the running cell, for whoever comes after a builder that was killed. */
const CellRecord = z.object({
  pid: z.int(),
  /** Process group, equal to `pid`. */
  pgid: z.int(),
  /** Start time as the system reports it. The same PID with another start time is another process. */
  startTime: z.string(),
  /** Id of the order. Every process of the cell has it in its environment as BUILDERPOOL_CELL. */
  id: z.string(),
});
export type CellRecord = z.infer<typeof CellRecord>;

/** Writes the record. Call it before the cell gets its order, so foreign code never runs without a record. */
export async function writeCellRecord(
  path: string,
  { pid, id }: { readonly pid: number; readonly id: string },
): Promise<void> {
  const record: CellRecord = { pid, pgid: pid, startTime: (await processStartTime(pid)) ?? "", id };
  await writeAtomically(path, `${JSON.stringify(record)}\n`);
}

/** Returns the path of the record in the sandbox of a builder on one machine. */
export function cellRecordPathOf(sandbox: string): string {
  return join(sandbox, "state", "cell.json");
}

/** Reads the record; undefined when it is missing or does not parse. */
export async function readCellRecord(path: string): Promise<CellRecord | undefined> {
  return CellRecord.safeParse(parseJson(await readFile(path, "utf8").catch(() => ""))).data;
}

export async function removeCellRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * Start time of a process as text, undefined when the process does not exist. Two processes with the same PID differ in
 * it.
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") {
    const { exitCode, stdout } = await run({
      command: "/bin/ps",
      args: ["-o", "lstart=", "-p", String(pid)],
      cwd: "/",
      env: {},
    });
    return exitCode === 0 ? stdout.trim() : undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
