import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { startTime } from "./daemons.ts";
import type { Layout } from "./layout.ts";

/** Beside the folder of the cluster: this file exists before the folder and outlives it. */
const file = (layout: Layout) => `${layout.folder}.owner`;
const kept = "kept";

/** Reserves the cluster for this process. `wasKept`: an earlier run kept it. Rejects while another process uses it. */
export async function takeOver(layout: Layout): Promise<{ readonly wasKept: boolean }> {
  const owner = await readFile(file(layout), "utf8").catch(() => "");
  const [pid, started] = owner.split(" ");
  if (started !== undefined && Number(pid) !== process.pid && (await startTime(Number(pid))) === started) {
    const other = layout.slot + 1;
    throw new Error(
      `Process ${pid} uses the cluster in slot ${layout.slot}: wait for it, or start a second cluster with CLUSTER_SLOT=${other}`,
    );
  }
  await mkdir(dirname(file(layout)), { recursive: true });
  if (owner !== kept) await writeFile(file(layout), `${process.pid} ${await startTime(process.pid)}`);
  return { wasKept: owner === kept };
}

/** Marks the cluster as kept: it has no owner, and only `down` deletes it. */
export async function keep(layout: Layout): Promise<void> {
  await writeFile(file(layout), kept);
}

/** Deletes the owner file. */
export async function forget(layout: Layout): Promise<void> {
  await rm(file(layout), { force: true });
}
