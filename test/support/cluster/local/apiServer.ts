import { kubectl } from "../kubectl.ts";
import { kubernetes } from "../programs/kubernetes.ts";
import { type Daemon, startDaemon, untilRunning, within } from "./daemons.ts";
import type { Layout } from "./layout.ts";
import { flagsOf } from "./programs.ts";

export const apiServer = "kube-apiserver";

/** Starts the API server in the namespaces of `home`. Resolves when it is ready. */
export async function startApiServer(layout: Layout, home: Daemon): Promise<void> {
  const command = [await kubernetes(), apiServer, ...flagsOf(layout)[apiServer]];
  const server = await startDaemon(layout, apiServer, within(home.pid, command));
  const ready = () => kubectl(layout.kubeconfig, ["get", "--raw", "/readyz"]);
  await untilRunning(layout, server, async () => (await ready()) === "ok");
}
