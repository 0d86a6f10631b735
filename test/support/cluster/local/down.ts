import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { say } from "../programs/progress.ts";
import { until } from "../until.ts";
import { deleteCgroup } from "./cgroups.ts";
import { kill, stopDaemons } from "./daemons.ts";
import { restoreKernelSettings } from "./kernelSettings.ts";
import type { Layout } from "./layout.ts";
import { deleteNetwork } from "./network.ts";

/**
 * Ends every process of the cluster and deletes what it left; nothing is lost that is not thrown away. Does what is left to
 * do of a cluster whose driver, or whose own programs, died.
 */
export async function takeDown(layout: Layout): Promise<void> {
  // The kubelet first, else it starts again what is killed; the API server before etcd, without which it does not end.
  await stop(
    layout,
    ["kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager", "provision", "dns"],
    "SIGTERM",
  );
  await stop(layout, ["kube-apiserver", "etcd"], "SIGKILL");
  await deleteCgroup(layout.name);
  await stop(layout, ["containerd", "namespaces"], "SIGKILL");
  await killShims(layout);
  await deleteNetwork(layout);
  await rm(layout.folder, { recursive: true, force: true });
  await restoreKernelSettings(layout);
}

async function stop(layout: Layout, names: readonly string[], signal: NodeJS.Signals): Promise<void> {
  const left = await stopDaemons(layout, names, signal, 10_000);
  if (left.length === 0) return;
  say(`${left.map(({ name }) => name).join(", ")} did not end on ${signal} and is killed`);
  await stopDaemons(layout, names, "SIGKILL", 10_000);
}

export async function killShims(layout: Layout): Promise<void> {
  await until("the shims of containerd are gone", async () => {
    const left = await shims(layout);
    for (const pid of left) kill(pid, "SIGKILL");
    return left.length === 0;
  });
}

/** They leave containerd's side on purpose; the socket in their command line tells whose they are. */
async function shims({ folder, containerdSocket }: Layout): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = (await readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => "")).split("\0");
    const ours = command.some(
      (word) => word.startsWith(containerdSocket) || word.startsWith(join(folder, "containerd")),
    );
    if (ours) found.push(Number(pid));
  }
  return found;
}
