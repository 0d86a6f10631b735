import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { startTime } from "./daemons.ts";
import type { Layout } from "./layout.ts";

/** Beside the folder of the cluster, as it is older and lives longer. */
const file = (layout: Layout) => `${layout.folder}.owner`;
const kept = "kept";

/** Makes the cluster this process's, and says whether it is one that was to be kept. Rejects while another process uses it. */
export async function takeOver(layout: Layout): Promise<{ readonly wasKept: boolean }> {
  const owner = await readFile(file(layout), "utf8").catch(() => "");
  const [pid, started] = owner.split(" ");
  if (started !== undefined && Number(pid) !== process.pid && (await startTime(Number(pid))) === started) {
    const other = layout.slot + 1;
    throw new Error(
      `Process ${pid} uses the cluster of this machine; wait for it, or have another one beside it: CLUSTER_SLOT=${other}`,
    );
  }
  await mkdir(dirname(file(layout)), { recursive: true });
  if (owner !== kept) await writeFile(file(layout), `${process.pid} ${await startTime(process.pid)}`);
  return { wasKept: owner === kept };
}

/** From now on it is nobody's, and nobody removes it but `down`. */
export async function keep(layout: Layout): Promise<void> {
  await writeFile(file(layout), kept);
}

/** The next one need not ask. */
export async function forget(layout: Layout): Promise<void> {
  await rm(file(layout), { force: true });
}
