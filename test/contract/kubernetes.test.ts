import { afterAll, beforeAll } from "vitest";
import { createKubernetesStore } from "../../src/store/kubernetes/kubernetes.ts";
import { resources } from "../../src/store/kubernetes/resources.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { kubectl } from "../support/cluster/kubectl.ts";
import { installDefinitions, newNamespace } from "../support/kubernetes/namespaces.ts";
import { describeObjectStore } from "./objectStore.ts";

const log = createLog({ level: "silent" });
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ controllers: true });
  await installDefinitions(cluster.kubeconfig);
  await installNewerDefinition(cluster.kubeconfig);
});
afterAll(() => cluster.close());

describeObjectStore("the store on an API server", async () => {
  const client = await newNamespace(cluster.kubeconfig);
  const open = () => createKubernetesStore({ client, clock: systemClock, log });
  const newer = {
    async write(pool: string, spec: object) {
      const stored = await client.get(resources.BuilderPool, pool);
      if (stored === undefined) throw new Error(`no pool ${pool}`);
      await client.update(resources.BuilderPool, { ...stored, spec });
    },
    read: async (pool: string) => (await client.get(resources.BuilderPool, pool))?.["spec"],
  };
  return { store: open(), reopen: async () => open(), newer, close: client.close };
});

/** Adds the fields and words of `newerSpec` to the definition of BuilderPool. */
async function installNewerDefinition(kubeconfig: string): Promise<void> {
  const spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
  const add = (path: string, value: unknown) => ({ op: "add", path: `${spec}/${path}`, value });
  const patch = [
    add("flavour", { type: "string" }),
    add("update/properties/speed", { type: "integer" }),
    add("update/properties/onStall/enum/-", "Wait"),
    add("checks/items/properties/colour", { type: "string" }),
    add("checks/items/properties/base/enum/-", "Newest"),
  ];
  const name = "builderpools.ci.alice.cern.ch";
  await kubectl(kubeconfig, ["patch", "crd", name, "--type=json", `--patch=${JSON.stringify(patch)}`]);
}
