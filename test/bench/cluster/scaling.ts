import { z } from "zod";
import { poolLabel } from "../../../src/api/objects/group.ts";
import { statefulSets } from "../../../src/operator/cluster/resources.ts";
import type { KubernetesObject } from "../../../src/store/kubernetes/client.ts";
import type { Installation } from "../../cluster/support/installation.ts";
import { until } from "../../cluster/support/until.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";

const limit = 1_800_000;
const Ready = z.object({ status: z.object({ readyReplicas: z.number().default(0) }) });

/** Scales a pool or StatefulSet from 0. Returns the seconds until all replicas are ready. */
export async function secondsToScale(
  { admin, namespace }: Installation,
  kind: "builderpool" | "statefulset",
  name: string,
  replicas: number,
): Promise<number> {
  const begin = performance.now();
  await kubectl(admin.kubeconfig, ["-n", namespace, "scale", `${kind}/${name}`, `--replicas=${replicas}`]);
  const ready = async () => {
    if (kind === "builderpool") return (await admin.store.get("BuilderPool", name))?.status?.ready;
    return Ready.parse(await admin.client.get(statefulSets, name)).status.readyReplicas;
  };
  await until(`${replicas} ready replicas of ${kind} ${name}`, async () => (await ready()) === replicas, limit);
  return (performance.now() - begin) / 1000;
}

/** Creates a StatefulSet with the same pods and claims as the pool's. No operator manages it. */
export async function plainTwin({ admin: { client } }: Installation, pool: string, name: string): Promise<void> {
  const original = await until("the pool's StatefulSet", () => client.get(statefulSets, pool));
  const { volumeClaimTemplates, template, ...spec } = original["spec"] as Readonly<Record<string, unknown>> & {
    readonly template: { readonly metadata: object; readonly spec: object };
    readonly volumeClaimTemplates: readonly KubernetesObject[];
  };
  const labels = { app: name };
  await client.create(statefulSets, {
    apiVersion: statefulSets.apiVersion,
    kind: statefulSets.kind,
    metadata: { name },
    spec: {
      ...spec,
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: template.spec },
      volumeClaimTemplates: volumeClaimTemplates.map((claim) => ({
        ...claim,
        metadata: { name: claim.metadata.name },
      })),
    },
  });
  if (JSON.stringify(template.spec).includes(poolLabel)) throw new Error("the twin's pods carry the pool's label");
}
