import { type BuilderPool, Workspace } from "../../../api/objects/pool.ts";
import type { Manifest } from "./manifest.ts";
import { labelsOf, ownedMetadataOf, selectorOf } from "./owned.ts";
import { dataVolume } from "./pod/mounts.ts";
import type { PodTemplate } from "./pod/podTemplate.ts";

/**
 * The StatefulSet that starts the pods. With OnDelete it replaces no pod on its own; the planner decides on removals.
 * Volume claims stay after a scale-down, so that the next scale-up is warm. They are deleted with the pool.
 */
export function statefulSetOf(pool: BuilderPool, replicas: number, template: PodTemplate): Manifest {
  const { name } = pool.metadata;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: ownedMetadataOf(pool, name),
    spec: {
      replicas,
      serviceName: name,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "OnDelete" },
      persistentVolumeClaimRetentionPolicy: { whenScaled: "Retain", whenDeleted: "Delete" },
      selector: { matchLabels: selectorOf(name) },
      template,
      volumeClaimTemplates: [claimOf(pool)],
    },
  };
}

function claimOf({ metadata, spec }: BuilderPool): object {
  const { size, storageClassName } = spec.workspace ?? Workspace.parse({});
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: dataVolume, labels: labelsOf(metadata.name) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: size } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  };
}
