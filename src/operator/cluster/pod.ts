import { z } from "zod";
import { poolLabel, revisionLabel } from "../../api/objects/group.ts";
import { ordinalOf, type Pod } from "../../core/pool/builder/pod.ts";
import { builderContainer } from "../../core/pool/manifest/pod/containers.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";
import type { InformerObject } from "./informer.ts";

const ContainerStatus = z.object({
  name: z.string(),
  image: z.string().default(""),
  state: z
    .object({
      terminated: z.object({}).optional(),
      waiting: z.object({ reason: z.string().default("") }).optional(),
    })
    .default({}),
});

/** The part of a pod that decides whether its builder is alive. */
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
      conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })).default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .prefault({}),
});

type PodStatus = z.infer<typeof PodObject>["status"];

export interface InformerPod extends InformerObject {
  readonly pod: Pod;
}

/** Reads a builder's pod; undefined for a pod with another name scheme or another controller. */
export function readPod(object: KubernetesObject): InformerPod | undefined {
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
  const startFailure = terminating ? undefined : startFailureOf(status);
  const pod = {
    name,
    pool,
    ordinal,
    uid,
    revision: labels[revisionLabel] ?? "",
    terminating,
    ended: hasEnded(status, terminating),
    ...(startFailure !== undefined && { startFailure }),
  };
  return { metadata: { name, uid, resourceVersion }, pool, pod };
}

/**
 * Whether the builder's process has ended permanently. In a pod that stays, kubelet restarts an exited container. Only
 * kubelet reports these states, so an unreachable node ends no builder.
 */
function hasEnded({ phase, containerStatuses }: PodStatus, terminating: boolean): boolean {
  if (phase === "Failed" || phase === "Succeeded") return true;
  const builder = containerStatuses.find(({ name }) => name === builderContainer);
  return terminating && builder?.state.terminated !== undefined;
}

/**
 * Why a pod does not start, from the states of kubelet and the scheduler. Leaves out details that change between
 * retries.
 */
function startFailureOf({ conditions, initContainerStatuses, containerStatuses }: PodStatus): string | undefined {
  if (conditions.some(({ type, reason }) => type === "PodScheduled" && reason === "Unschedulable")) {
    return "no node accepts it";
  }
  for (const { name, image, state } of [...initContainerStatuses, ...containerStatuses]) {
    const reason = state.waiting?.reason ?? "";
    if (/ImagePull|InvalidImageName|ErrImage/.test(reason)) return `the image ${image} cannot be pulled`;
    if (reason === "CrashLoopBackOff") return `its container "${name}" crashes repeatedly`;
    if (/^Create.*Error$|RunContainerError/.test(reason)) return `its container "${name}" cannot be created`;
  }
  return undefined;
}
