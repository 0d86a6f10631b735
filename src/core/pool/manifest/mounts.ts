import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { capsule, cellSecretsFolder, cellSocket } from "./capsule.ts";
import type { Setting } from "./manifest.ts";

/** The volume claim that keeps a builder's tree warm over restarts. */
export const dataVolume = "data";
/** Mount path of the claim in the builder container. */
export const dataFolder = "/data";
/** The path that client libraries expect. */
const apiTokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
const logsTokenFolder = "/var/run/secrets/builderpool-logs";
/** Token for the log service. */
export const logsTokenFile = `${logsTokenFolder}/token`;
const logsAuthorityFolder = "/etc/builderpool-logs-ca";
/** Authority of the log service's certificate. */
export const logsAuthorityFile = `${logsAuthorityFolder}/ca.crt`;
/** Folder with the keys of the log bucket. */
export const bucketKeysFolder = "/var/run/secrets/builderpool-bucket";
/**
 * Lifetime of tokens in seconds, the minimum of Kubernetes. The kubelet renews a token after 80 % of its lifetime and
 * never earlier. A token is void, for example, after its ServiceAccount was deleted and recreated. The renewal must
 * precede `killAfter`, when a builder without an acknowledged heartbeat kills its build.
 */
const tokenSeconds = 600;

const bucketKeys = "bucket-keys";
const logsAuthority = "logs-ca";
const capsuleMount = { name: "capsule", mountPath: capsule };
const socketMount = { name: "socket", mountPath: cellSocket.slice(0, cellSocket.lastIndexOf("/")) };

/** The mounts of the capsule container. */
export const capsuleMounts = [capsuleMount];

/** The mounts of the builder container: the whole data volume and all credentials. */
export function builderMountsOf({ logs }: BuilderPoolSpec, { caConfigMap }: Setting["logs"]): readonly object[] {
  return [
    { name: dataVolume, mountPath: dataFolder },
    socketMount,
    { name: "tmp", mountPath: "/tmp" },
    { name: "api-token", mountPath: apiTokenFolder, readOnly: true },
    { name: "logs-token", mountPath: logsTokenFolder, readOnly: true },
    ...(caConfigMap === undefined ? [] : [{ name: logsAuthority, mountPath: logsAuthorityFolder, readOnly: true }]),
    ...(logs.s3 === undefined ? [] : [{ name: bucketKeys, mountPath: bucketKeysFolder, readOnly: true }]),
  ];
}

/**
 * The mounts of the cell: work area, mirrors, and the Secrets and volumes of the pool. `config/` and `state/` are not
 * mounted.
 */
export function cellMountsOf({ cellSecrets = [], template }: BuilderPoolSpec): readonly object[] {
  return [
    { ...capsuleMount, readOnly: true },
    socketMount,
    { name: dataVolume, mountPath: `${dataFolder}/work`, subPath: "work" },
    { name: dataVolume, mountPath: `${dataFolder}/mirror`, subPath: "mirror", readOnly: true },
    { name: "cell-tmp", mountPath: "/tmp" },
    ...cellSecrets.map(({ name }) => ({
      name: secretVolume(name),
      mountPath: `${cellSecretsFolder}/${name}`,
      readOnly: true,
    })),
    ...(template?.volumeMounts ?? []),
  ];
}

/** All volumes except the claim. */
export function volumesOf(
  { cellSecrets = [], template, logs: { s3 } }: BuilderPoolSpec,
  { logs }: Setting,
): readonly object[] {
  return [
    { name: capsuleMount.name, emptyDir: { sizeLimit: "1Gi" } },
    { name: socketMount.name, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
    { name: "cell-tmp", emptyDir: { sizeLimit: "8Gi" } },
    { name: "api-token", projected: { defaultMode: 0o440, sources: apiTokenSources } },
    { name: "logs-token", projected: { defaultMode: 0o440, sources: [tokenFor(logs.audience)] } },
    ...(logs.caConfigMap === undefined ? [] : [{ name: logsAuthority, configMap: { name: logs.caConfigMap } }]),
    ...(s3 === undefined ? [] : [secretAs(bucketKeys, s3.secretRef.name)]),
    ...cellSecrets.map(({ name }) => secretAs(secretVolume(name), name)),
    ...(template?.volumes ?? []),
  ];
}

/** Volume names that a pool must not use. */
export const ownVolumes: ReadonlySet<string> = new Set([
  dataVolume,
  capsuleMount.name,
  socketMount.name,
  "tmp",
  "cell-tmp",
  "api-token",
  "logs-token",
  bucketKeys,
  logsAuthority,
]);

function secretAs(name: string, secretName: string): object {
  return { name, secret: { secretName, defaultMode: 0o440 } };
}

/** The name of a volume has at most 63 characters and, unlike the name of a Secret, no dots. */
function secretVolume(secret: string): string {
  return `secret-${secret.replaceAll(".", "-")}`.slice(0, 63).replace(/-+$/, "");
}

const apiTokenSources = [
  { serviceAccountToken: { path: "token", expirationSeconds: tokenSeconds } },
  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
  {
    downwardAPI: {
      items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
    },
  },
];

function tokenFor(audience: string): object {
  return { serviceAccountToken: { audience, path: "token", expirationSeconds: tokenSeconds } };
}
