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
 * Stops every process of the cluster and deletes all its files, networks and cgroups.
 * Also works for the remains of a cluster after a crash of its driver or of its programs.
 */
export async function takeDown(layout: Layout): Promise<void> {
  // The kubelet first: it restarts killed containers. The API server before etcd: it does not exit without etcd.
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
  say(`${left.map(({ name }) => name).join(", ")} did not exit after ${signal}: sending SIGKILL`);
  await stopDaemons(layout, names, "SIGKILL", 10_000);
}

export async function killShims(layout: Layout): Promise<void> {
  await until("the shims of containerd are gone", async () => {
    const left = await shims(layout);
    for (const pid of left) kill(pid, "SIGKILL");
    return left.length === 0;
  });
}

/** Shims outlive containerd by design. The socket in the command line shows the cluster they belong to. */
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
