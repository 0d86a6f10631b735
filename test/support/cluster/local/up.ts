import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { applyManifests, kubectl } from "../kubectl.ts";
import { dns } from "../programs/dns.ts";
import { kubernetes } from "../programs/kubernetes.ts";
import { during } from "../programs/progress.ts";
import { until } from "../until.ts";
import { startApiServer } from "./apiServer.ts";
import { createCgroup } from "./cgroups.ts";
import { type Daemon, listens, startDaemon, untilRunning, within } from "./daemons.ts";
import { filesOf } from "./files.ts";
import { writeIdentities } from "./identities.ts";
import { keepKernelSettings } from "./kernelSettings.ts";
import type { Layout } from "./layout.ts";
import { createNetwork } from "./network.ts";
import { startContainerd, startKubelet } from "./node.ts";
import { etcdPort, flagsOf } from "./programs.ts";

/** Name of the daemon that keeps the namespaces of the cluster. */
export const namespaces = "namespaces";

/** Starts a cluster. All remains of an earlier one must be deleted first. Resolves when the node is Ready. */
export async function bringUp(layout: Layout, pauseImage: string): Promise<void> {
  const [program, names] = [await kubernetes(), await dns()];
  await during("starting a cluster on this machine", async (reached) => {
    await writeFiles(layout, pauseImage);
    await keepKernelSettings(layout);
    await createCgroup(layout.name);
    await createNetwork(layout);
    const home = await enterNamespaces(layout);
    const flags = flagsOf(layout);
    const startOther = (name: string, command: readonly string[]) =>
      startDaemon(layout, name, within(home.pid, command));
    const start = (name: keyof typeof flags) => startOther(name, [program, name, ...flags[name]]);

    await startContainerd(layout, home);
    reached("etcd");
    const etcd = await start("etcd");
    await untilRunning(layout, etcd, () => listens(etcd.pid, etcdPort));
    reached("the API server");
    await startApiServer(layout, home);
    const ask = (...args: string[]) => kubectl(layout.kubeconfig, args);
    for (const name of ["kube-controller-manager", "kube-scheduler", "kube-proxy", "provision"] as const)
      await start(name);
    await startOther("dns", [names, "-conf", join(layout.folder, "Corefile")]);
    reached("the kubelet");
    await startKubelet(layout, home);
    await applyManifests(layout.kubeconfig, [join(import.meta.dirname, "../storageClass.yaml")]);
    await until("the controllers give the default namespace its account", async () => {
      return (await ask("get", "serviceaccount", "default", "--ignore-not-found", "-o", "name")) !== "";
    });
  });
}

async function writeFiles(layout: Layout, pauseImage: string): Promise<void> {
  await rm(layout.folder, { recursive: true, force: true });
  for (const folder of ["logs", "runc", "volumes", "cni", "podlogs", "volplugins"]) {
    await mkdir(join(layout.folder, folder), { recursive: true });
  }
  await mkdir(layout.kubeletFolder);
  await writeIdentities(layout);
  for (const [name, text] of Object.entries(filesOf(layout, pauseImage))) {
    const path = join(layout.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/**
 * Starts an idle process that keeps the namespaces. Mounts in them disappear with their last process.
 * /sys stays the one of the machine: `ip netns exec` would hide the cgroups.
 * runc and the network plugins get state folders of the cluster.
 */
async function enterNamespaces(layout: Layout): Promise<Daemon> {
  const sleep = ["unshare", "--mount", "--propagation=private", "sleep", "infinity"];
  const home = await startDaemon(layout, namespaces, ["nsenter", `--net=/run/netns/${layout.name}`, ...sleep]);
  const prepare = `mount --make-rshared /
mkdir -p /var/lib/cni
mount -t tmpfs none /var/lib/cni
mkdir -p /run/containerd
mount --bind ${layout.folder}/runc /run/containerd
echo 1 > /proc/sys/net/ipv4/ip_forward`;
  const script = [
    "sh",
    "-ec",
    `test "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/${process.pid}/ns/mnt)"\n${prepare}`,
  ];
  const [command = "", ...args] = within(home.pid, script);
  // The script must not run in the mount namespace of the machine: it would change the mounts of the machine.
  await until(
    "the cluster has namespaces of its own",
    async () => (await execa(command, args, { reject: false })).exitCode === 0,
  );
  return home;
}
