import type { BuilderPool } from "../../../api/objects/pool.ts";
import { capsuleArguments, cellCommand, cellSocket, probeCommand } from "./capsule.ts";
import type { Setting } from "./manifest.ts";
import {
  bucketKeysFolder,
  builderMountsOf,
  capsuleMounts,
  cellMountsOf,
  dataFolder,
  logsAuthorityFile,
  logsTokenFile,
} from "./mounts.ts";
import { builderUser, cellUser, containerSecurityOf } from "./security.ts";

/** Name of the container with the builder program. */
export const builderContainer = "builder";
/** Port of the health and metrics endpoints. */
export const healthPort = 8080;

/** The init container that copies Node, its libraries, its loader and the cell program into the shared volume. */
export function capsuleContainerOf({ builderImage }: Setting): object {
  return {
    name: "capsule",
    image: builderImage,
    args: capsuleArguments,
    securityContext: containerSecurityOf(builderUser),
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: capsuleMounts,
  };
}

/**
 * The container that runs builds. It is a native sidecar, so it outlives the builder and a drain can finish its build.
 */
export function cellContainerOf({ spec }: BuilderPool): object {
  return {
    name: "cell",
    image: spec.image,
    restartPolicy: "Always",
    command: cellCommand,
    // A build runs as the user of its cell and can stop the cell server. The kubelet then replaces the container.
    livenessProbe: {
      exec: { command: probeCommand },
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
      terminationGracePeriodSeconds: 5,
    },
    securityContext: containerSecurityOf(cellUser),
    resources: spec.template?.resources ?? {},
    volumeMounts: cellMountsOf(spec),
  };
}

/** The container of the builder program. Its readiness means a completed warm-up. */
export function builderContainerOf(pool: BuilderPool, { builderImage, logs }: Setting, revision: string): object {
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
      { name: "BUILDERPOOL_CELL_SOCKET", value: cellSocket },
      { name: "BUILDERPOOL_LOGS_URL", value: logs.url },
      { name: "BUILDERPOOL_LOGS_PUBLIC_URL", value: logs.publicUrl },
      { name: "BUILDERPOOL_LOGS_TOKEN_FILE", value: logsTokenFile },
      ...(logs.caConfigMap === undefined ? [] : [{ name: "NODE_EXTRA_CA_CERTS", value: logsAuthorityFile }]),
      ...bucketEnvironment(pool),
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
    volumeMounts: builderMountsOf(pool.spec, logs),
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

function fromPod(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}
