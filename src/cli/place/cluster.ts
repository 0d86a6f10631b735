import { z } from "zod";
import { builderContainer } from "../../core/pool/manifest/pod/containers.ts";
import type { Access } from "../../store/kubernetes/access.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { createKubernetesClient } from "../../store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../../store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../../store/kubernetes/kubernetes.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { CommandError, exitCodes } from "../exit.ts";
import type { Place } from "./place.ts";

/** A namespace of a cluster. */
export interface Cluster {
  readonly store: ObjectStore;
  readonly client: KubernetesClient;
  readonly access: Pick<Access, "server" | "authority">;
  /** Image of the pool's current builders. Undefined while the pool has no StatefulSet. */
  programOf(pool: string): Promise<string | undefined>;
}

const statefulSets = { apiVersion: "apps/v1", kind: "StatefulSet", plural: "statefulsets" };

const Workload = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string().optional() })) }),
    }),
  }),
});

/**
 * Runs `use` on a namespace of a cluster, with the caller's rights. Throws CommandError when no kubeconfig is usable.
 */
export async function withCluster<T>(
  { kubeconfigs, context, namespace }: Place & { readonly kind: "Cluster" },
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const access = await accessFromKubeConfig(kubeconfigs, clock, context).catch((error: unknown) => {
    throw new CommandError(exitCodes.usage, messageOf(error));
  });
  const client = createKubernetesClient(access, namespace ?? access.namespace ?? "default");
  const store = createKubernetesStore({ client, clock, log: createLog({ level: "silent" }) });
  try {
    return await use({
      store,
      client,
      access,
      async programOf(pool) {
        const { data } = Workload.safeParse(await client.get(statefulSets, pool));
        return data?.spec.template.spec.containers.find(({ name }) => name === builderContainer)?.image;
      },
    });
  } finally {
    access.agent.destroy();
  }
}
