import type { BuilderPool } from "../../../../api/objects/pool.ts";
import type { Setting } from "../manifest.ts";
import { addedScratchOf } from "./added.ts";
import { baseCell, buildCell, capsuleArgumentsOf, cellCommandOf, type PodCell, probeCommandOf } from "./capsule.ts";
import {
  bucketKeysFolder,
  builderMountsOf,
  capsuleMounts,
  cellMountsOf,
  dataFolder,
  gitCredentialFolder,
  logsAuthorityFile,
  logsTokenFile,
} from "./mounts.ts";
import { baseResourcesOf, buildResourcesOf } from "./resources.ts";
import { baseUser, builderUser, cellUser, containerSecurityOf } from "./security.ts";
import { siteCapsuleEnvironmentOf, siteCapsuleMountsOf, siteEnvironmentOf, siteNodeEnvironmentOf } from "./site.ts";

/** Name of the container with the builder program. */
export const builderContainer = "builder";
/** Port of the health and metrics endpoints. */
export const healthPort = 8080;

/**
 * The init container that copies Node, its libraries, its loader and the cell programs into the capsule. It also
 * creates the folders of the data volume, so that they belong to the user of the builder and not to the kubelet.
 */
export function capsuleContainerOf(setting: Setting): object {
  const env = siteCapsuleEnvironmentOf(setting);
  return {
    name: "capsule",
    image: setting.builderImage,
    args: capsuleArgumentsOf(dataFolder),
    ...(env.length > 0 && { env }),
    securityContext: containerSecurityOf(builderUser),
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: [...capsuleMounts, ...siteCapsuleMountsOf(setting)],
  };
}

/**
 * The container of a cell. It is a native sidecar, so it outlives the builder and a drain can finish its order.
 */
export function cellContainerOf(cell: PodCell, { spec }: BuilderPool, setting: Setting): object {
  const isBuild = cell.role === "build";
  const env = siteEnvironmentOf(setting);
  return {
    name: cell.container,
    image: spec.image,
    restartPolicy: "Always",
    command: cellCommandOf(cell, addedScratchOf(spec.template)),
    ...(env.length > 0 && { env }),
    // A build runs as the user of its cell and can stop the cell server. The kubelet then replaces the container.
    livenessProbe: {
      exec: { command: probeCommandOf(cell) },
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
      terminationGracePeriodSeconds: 5,
    },
    securityContext: containerSecurityOf(isBuild ? cellUser : baseUser),
    resources: isBuild ? buildResourcesOf(spec) : baseResourcesOf(spec),
    volumeMounts: cellMountsOf(cell, spec),
  };
}

/** The container of the builder program. Its readiness means a completed warm-up. */
export function builderContainerOf(pool: BuilderPool, setting: Setting, revision: string): object {
  const { builderImage, logs } = setting;
  return {
    name: builderContainer,
    image: builderImage,
    env: [
      fromPod("BUILDERPOOL_NAMESPACE", "metadata.namespace"),
      fromPod("BUILDERPOOL_NAME", "metadata.name"),
      fromPod("BUILDERPOOL_POD_UID", "metadata.uid"),
      fromPod("BUILDERPOOL_HOST", "spec.nodeName"),
      { name: "BUILDERPOOL_POOL", value: pool.metadata.name },
      { name: "BUILDERPOOL_REVISION", value: revision },
      { name: "BUILDERPOOL_DATA", value: dataFolder },
      { name: "BUILDERPOOL_CELL_SOCKET", value: buildCell.socket },
      { name: "BUILDERPOOL_BASE_SOCKET", value: baseCell.socket },
      { name: "BUILDERPOOL_LOGS_URL", value: logs.url },
      { name: "BUILDERPOOL_LOGS_PUBLIC_URL", value: logs.publicUrl },
      { name: "BUILDERPOOL_LOGS_TOKEN_FILE", value: logsTokenFile },
      ...siteNodeEnvironmentOf(setting, logsAuthorityFile),
      ...siteEnvironmentOf(setting),
      ...bucketEnvironment(pool),
      ...gitEnvironment(pool),
    ],
    ports: [{ name: "http", containerPort: healthPort, protocol: "TCP" }],
    readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 5, failureThreshold: 2 },
    // The pod's own grace period is the drain limit. A builder that hangs drains nothing.
    livenessProbe: {
      httpGet: { path: "/livez", port: "http" },
      initialDelaySeconds: 30,
      periodSeconds: 20,
      timeoutSeconds: 10,
      failureThreshold: 6,
      terminationGracePeriodSeconds: 30,
    },
    securityContext: containerSecurityOf(builderUser),
    resources: { requests: { cpu: "100m", memory: "256Mi" } },
    volumeMounts: builderMountsOf(pool.spec, setting),
  };
}

/** With `logs.s3`, logs go to this bucket instead of the log service. */
function bucketEnvironment({ spec: { logs } }: BuilderPool): readonly object[] {
  if (logs.s3 === undefined) return [];
  const { secretRef: _, ...bucket } = logs.s3;
  return [
    {
      name: "BUILDERPOOL_LOGS_S3",
      value: JSON.stringify({ ...bucket, ...(logs.url !== undefined && { url: logs.url }) }),
    },
    { name: "BUILDERPOOL_LOGS_S3_KEYS", value: bucketKeysFolder },
  ];
}

/** The credential of `github.gitSecretRef`, and the address that the owner of the Secret agreed to. */
function gitEnvironment({ spec: { github } }: BuilderPool): readonly object[] {
  if (github.gitSecretRef === undefined) return [];
  return [
    { name: "BUILDERPOOL_GIT_URL", value: github.gitUrl },
    { name: "BUILDERPOOL_GIT_CREDENTIAL", value: gitCredentialFolder },
  ];
}

function fromPod(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}
