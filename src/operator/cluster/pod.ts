import { z } from "zod";
import { poolLabel, revisionLabel } from "../../api/group.ts";
import { builderContainer } from "../../core/pool/manifest/containers.ts";
import { ordinalOf, type Pod } from "../../core/pool/pod.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";
import type { Mirrored } from "./mirror.ts";

/** The part of a pod that tells whether its builder lives. */
const PodObject = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().optional() }))
      .default([]),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      containerStatuses: z
        .array(z.object({ name: z.string(), state: z.object({ terminated: z.object({}).optional() }).optional() }))
        .default([]),
    })
    .default({ containerStatuses: [] }),
});

export interface MirroredPod extends Mirrored {
  readonly pod: Pod;
}

/** The pod of a builder; undefined for one that only carries the label, or whose place is another's. */
export function readPod(object: KubernetesObject): MirroredPod | undefined {
  const read = PodObject.safeParse(object);
  if (!read.success) return undefined;
  const { metadata, status } = read.data;
  const { name, uid, resourceVersion, labels } = metadata;
  const pool = labels[poolLabel] ?? "";
  const ordinal = ordinalOf(pool, name);
  const controller = metadata.ownerReferences.find((owner) => owner.controller);
  const isForeign = controller !== undefined && (controller.kind !== "StatefulSet" || controller.name !== pool);
  if (ordinal === undefined || isForeign) return undefined;
  const terminating = metadata.deletionTimestamp !== undefined;
  const pod = {
    name,
    pool,
    ordinal,
    uid,
    revision: labels[revisionLabel] ?? "",
    terminating,
    ended: hasEnded(status, terminating),
  };
  return { metadata: { name, uid, resourceVersion }, pool, pod };
}

/**
 * Whether the builder's process has ended for good. A container that ends in a pod that stays is started again; the word of kubelet is
 * needed either way, so a node that is out of reach ends nothing.
 */
function hasEnded({ phase, containerStatuses }: z.infer<typeof PodObject>["status"], terminating: boolean): boolean {
  if (phase === "Failed" || phase === "Succeeded") return true;
  const builder = containerStatuses.find(({ name }) => name === builderContainer);
  return terminating && builder?.state?.terminated !== undefined;
}
