import { afterAll, beforeAll } from "vitest";
import { createKubernetesStore } from "../../src/store/kubernetes/kubernetes.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { installDefinitions, newNamespace } from "../support/kubernetes/namespaces.ts";
import { describeObjectStore } from "./objectStore.ts";

const log = createLog({ level: "silent" });
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ controllers: true });
  await installDefinitions(cluster.kubeconfig);
});
afterAll(() => cluster.close());

describeObjectStore("the store on an API server", async () => {
  const client = await newNamespace(cluster.kubeconfig);
  const open = () => createKubernetesStore({ client, clock: systemClock, log });
  return { store: open(), reopen: async () => open(), close: client.close };
});
