import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterFaults } from "../provider.ts";
import { apiServer, startApiServer } from "./apiServer.ts";
import { daemons, kill, stopDaemons } from "./daemons.ts";
import type { Layout } from "./layout.ts";
import { namespaces } from "./up.ts";

export function faultsOf(layout: Layout): ClusterFaults {
  return {
    async stopApiServer() {
      await stopDaemons(layout, [apiServer], "SIGKILL", 10_000);
    },
    async startApiServer() {
      const home = (await daemons(layout)).find(({ name }) => name === namespaces);
      if (home === undefined)
        throw new Error(`No cluster runs in slot ${layout.slot}: there is no API server to start`);
      await startApiServer(layout, home);
    },
    async killContainer(id) {
      const tasks = join(layout.folder, "containerd/state/io.containerd.runtime.v2.task/k8s.io");
      const pid = await readFile(join(tasks, id.replace("containerd://", ""), "init.pid"), "utf8");
      kill(Number(pid), "SIGKILL");
    },
  };
}
