import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterFaults } from "../provider.ts";
import { apiServer, startApiServer } from "./apiServer.ts";
import { createCgroup, deleteCgroup } from "./cgroups.ts";
import { type Daemon, daemons, kill, stopDaemons } from "./daemons.ts";
import { killShims } from "./down.ts";
import type { Layout } from "./layout.ts";
import { containerd, kubelet, startContainerd, startKubelet } from "./node.ts";
import { namespaces } from "./up.ts";

export function faultsOf(layout: Layout): ClusterFaults {
  return {
    async stopApiServer() {
      await stopDaemons(layout, [apiServer], "SIGKILL", 10_000);
    },
    startApiServer: async () => startApiServer(layout, await homeOf(layout)),
    async killContainer(id) {
      const tasks = join(layout.folder, "containerd/state/io.containerd.runtime.v2.task/k8s.io");
      const pid = await readFile(join(tasks, id.replace("containerd://", ""), "init.pid"), "utf8");
      kill(Number(pid), "SIGKILL");
    },
    async crashNode() {
      await stopDaemons(layout, [kubelet, containerd], "SIGKILL", 10_000);
      await deleteCgroup(layout.name);
      await killShims(layout);
    },
    async startNode() {
      const home = await homeOf(layout);
      await createCgroup(layout.name);
      await startContainerd(layout, home);
      await startKubelet(layout, home);
    },
  };
}

async function homeOf(layout: Layout): Promise<Daemon> {
  const home = (await daemons(layout)).find(({ name }) => name === namespaces);
  if (home === undefined)
    throw new Error(`No cluster runs in slot ${layout.slot}, so nothing can be restarted: run \`make cluster\``);
  return home;
}
