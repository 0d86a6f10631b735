import { readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { run } from "../../system/process/run.ts";
import { writeAtomically } from "../../system/writeFile.ts";

/** What is known of the running cell, for whoever comes after a builder that was killed. */
export const CellRecord = z.object({
  pid: z.int(),
  /** Process group: the same number. */
  pgid: z.int(),
  /** When the process started, as the system tells it: the same PID with another start is another process. */
  startTime: z.string(),
  /** Id of the order, which everything the cell starts carries as BUILDERPOOL_CELL in its environment. */
  id: z.string(),
});
export type CellRecord = z.infer<typeof CellRecord>;

/** Written before the cell gets its order, so nothing foreign ever ran without it. */
export async function writeCellRecord(
  path: string,
  { pid, id }: { readonly pid: number; readonly id: string },
): Promise<void> {
  const record: CellRecord = { pid, pgid: pid, startTime: (await processStartTime(pid)) ?? "", id };
  await writeAtomically(path, `${JSON.stringify(record)}\n`);
}

export async function removeCellRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** A text that differs between two processes that had the same PID; undefined when there is no such process. */
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
