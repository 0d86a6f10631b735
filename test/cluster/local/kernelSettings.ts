import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.ts";

/** What the kubelet changes for the whole machine when it starts. */
const changed = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
/** Many kubelet watches need more than the usual 128. */
const watches = "fs/inotify/max_user_instances";
const enoughWatches = 1024;

const path = (name: string) => join("/proc/sys", name);
const saved = (layout: Layout) => join(layout.folder, "kernel-settings.json");

/** Remembers the settings that a cluster changes, and makes room for watches. */
export async function keepKernelSettings(layout: Layout): Promise<void> {
  const values: Record<string, string> = {};
  for (const name of [...changed, watches]) values[name] = (await readFile(path(name), "utf8")).trim();
  await writeFile(saved(layout), JSON.stringify(values));
  if (Number(values[watches]) < enoughWatches) await writeFile(path(watches), String(enoughWatches));
}

/** Puts them back as they were. */
export async function restoreKernelSettings(layout: Layout): Promise<void> {
  const text = await readFile(saved(layout), "utf8").catch(() => "{}");
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    await writeFile(path(name), value);
  }
}
