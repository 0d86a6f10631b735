import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Layout } from "./layout.ts";

/** Settings of the machine that the kubelet changes at its start. */
const changed = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
/** The kubelet needs more inotify instances than the usual 128. */
const watches = "fs/inotify/max_user_instances";
const enoughWatches = 1024;

const path = (name: string) => join("/proc/sys", name);
/** One file for all clusters of the machine. The first cluster writes it. */
const saved = (layout: Layout) => join(dirname(layout.folder), "kernel-settings.json");

/** Saves the settings that a cluster changes, and raises the limit of inotify instances. */
export async function keepKernelSettings(layout: Layout): Promise<void> {
  const values: Record<string, string> = {};
  for (const name of [...changed, watches]) values[name] = (await readFile(path(name), "utf8")).trim();
  await mkdir(dirname(saved(layout)), { recursive: true });
  await writeFile(saved(layout), JSON.stringify(values), { flag: "wx" }).catch(() => undefined);
  if (Number(values[watches]) < enoughWatches) await writeFile(path(watches), String(enoughWatches));
}

/** Restores the saved settings after the last cluster of the machine is deleted. */
export async function restoreKernelSettings(layout: Layout): Promise<void> {
  const left = await readdir(dirname(layout.folder)).catch(() => []);
  if (left.some((name) => /^\d$/.test(name))) return;
  const text = await readFile(saved(layout), "utf8").catch(() => "");
  for (const [name, value] of Object.entries(JSON.parse(text || "{}") as Record<string, string>)) {
    await writeFile(path(name), value);
  }
  await rm(saved(layout), { force: true });
}
