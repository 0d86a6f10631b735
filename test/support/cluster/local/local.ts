import { cp } from "node:fs/promises";
import { pauseImage } from "../images/pause.ts";
import { kubectl } from "../kubectl.ts";
import { forNode, install } from "../machine.ts";
import type { ClusterProvider, RunningCluster } from "../provider.ts";
import { takeDown } from "./down.ts";
import { faultsOf } from "./faults.ts";
import { importImage } from "./images.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { connectMachine } from "./network.ts";
import { forget, keep, takeOver } from "./owner.ts";
import { bringUp } from "./up.ts";

/**
 * A cluster with one node on this machine, in separate namespaces: kubelet, containerd and runc, without a registry.
 * Needs root on Linux. Clusters of different slots, 0 to 9, run side by side.
 */
export function localProvider(slot = 0): ClusterProvider {
  const layout = layoutOf(slot);
  return {
    name: "local",
    async up(options) {
      await install(forNode);
      const { wasKept } = await takeOver(layout);
      const found = wasKept && (await isServing(layout));
      if (!found) {
        await takeDown(layout);
        const pause = await pauseImage();
        try {
          await bringUp(layout, pause.image);
        } catch (error) {
          await takeDown(layout);
          throw error;
        }
        await importImage(layout, pause.archive);
      }
      if (options.keep) await keep(layout);
      return runningCluster(layout, found);
    },
    async down() {
      await takeOver(layout);
      await takeDown(layout);
      await forget(layout);
    },
    faults: faultsOf(layout),
    connect: (machine) => connectMachine(layout, machine),
  };
}

function runningCluster(layout: Layout, found: boolean): RunningCluster {
  return {
    provider: "local",
    kubeconfig: layout.kubeconfig,
    hostAddress: layout.hostAddress,
    kubeletFolder: layout.kubeletFolder,
    found,
    loadImage: (archive) => importImage(layout, archive),
    exportLogs: (folder) => cp(layout.logs, folder, { recursive: true }),
  };
}

async function isServing({ kubeconfig, node }: Layout): Promise<boolean> {
  const wait = ["wait", "--for=condition=Ready", `node/${node}`, "--timeout=5s"];
  return kubectl(kubeconfig, wait).then(
    () => true,
    () => false,
  );
}
