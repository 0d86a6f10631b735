import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { kubectl } from "../kubectl.ts";
import { kubernetes } from "../programs/kubernetes.ts";
import { type Daemon, startDaemon, untilRunning, within } from "./daemons.ts";
import type { Layout } from "./layout.ts";
import { flagsOf } from "./programs.ts";

export const kubelet = "kubelet";
export const containerd = "containerd";

/** Starts containerd in the namespaces of `home`. Resolves when it answers: a kubelet exits without it. */
export async function startContainerd(layout: Layout, home: Daemon): Promise<void> {
  const command = [containerd, `--config=${join(layout.folder, "containerd.toml")}`];
  const daemon = await startDaemon(layout, containerd, within(home.pid, command));
  await untilRunning(layout, daemon, async () => {
    const socket = connect(layout.containerdSocket);
    await once(socket, "connect");
    socket.destroy();
    return true;
  });
}

/** Starts the kubelet in the namespaces of `home`. Resolves when its node is Ready. */
export async function startKubelet(layout: Layout, home: Daemon): Promise<void> {
  const command = [await kubernetes(), kubelet, ...flagsOf(layout)[kubelet]];
  const daemon = await startDaemon(layout, kubelet, within(home.pid, command));
  const path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
  const ready = () => kubectl(layout.kubeconfig, ["get", "node", layout.node, "-o", path]);
  await untilRunning(layout, daemon, async () => (await ready()) === "True");
}
