import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";

/** What a running agent tells people of its machine: `running.json` in its state folder. */
export const AgentReport = z.object({
  pid: z.int(),
  version: z.string(),
  startedAt: z.string(),
  /** Port of health and metrics on the loopback address. */
  port: z.int(),
  phase: z.string(),
  /** Present while the heartbeats reach the cluster. */
  connectedSince: z.string().optional(),
  lastVerdict: z.string().optional(),
  /** What is wrong, and what to do: sentences. */
  troubles: z.array(z.string()),
});
export type AgentReport = z.infer<typeof AgentReport>;

/** Reads the report of the last process. Undefined if there is none. */
export async function readReport(folder: string): Promise<AgentReport | undefined> {
  return AgentReport.safeParse(parseJson(await readFile(join(folder, "running.json"), "utf8").catch(() => ""))).data;
}

/** Writes the report in place of the old one. */
export async function writeReport(folder: string, report: AgentReport): Promise<void> {
  await writeAtomically(join(folder, "running.json"), `${JSON.stringify(report)}\n`, 0o600);
}
