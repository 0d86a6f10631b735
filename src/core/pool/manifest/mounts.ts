import type { BuilderPoolSpec } from "../../../api/objects/pool.ts";
import { capsule, cellSecretsFolder, cellSocket } from "./capsule.ts";
import type { Setting } from "./manifest.ts";

/** The claim that keeps a builder's tree warm over restarts. */
export const dataVolume = "data";
export const dataFolder = "/data";
/** Where client libraries look for it. */
const apiTokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
const logsTokenFolder = "/var/run/secrets/builderpool-logs";
export const logsTokenFile = `${logsTokenFolder}/token`;
/** Where the builder finds the keys of the bucket that its pool sends logs to. */
export const bucketKeysFolder = "/var/run/secrets/builderpool-bucket";
/**
 * The kubelet renews a token when 80 % of this are over, and no sooner, even if it is worth nothing any more because its ServiceAccount was deleted and
 * made again: that must be before a builder which is not heard kills its build. The least that Kubernetes allows.
 */
const tokenSeconds = 600;

const bucketKeys = "bucket-keys";
const capsuleMount = { name: "capsule", mountPath: capsule };
const socketMount = { name: "socket", mountPath: cellSocket.slice(0, cellSocket.lastIndexOf("/")) };

/** What brings the cell program into an image that knows nothing of it. */
export const capsuleMounts = [capsuleMount];

/** The brain sees the whole volume, and all that proves who it is. */
export function builderMountsOf({ logs }: BuilderPoolSpec): readonly object[] {
  return [
    { name: dataVolume, mountPath: dataFolder },
    socketMount,
    { name: "tmp", mountPath: "/tmp" },
    { name: "api-token", mountPath: apiTokenFolder, readOnly: true },
    { name: "logs-token", mountPath: logsTokenFolder, readOnly: true },
    ...(logs.s3 === undefined ? [] : [{ name: bucketKeys, mountPath: bucketKeysFolder, readOnly: true }]),
  ];
}

/** Foreign code sees its work area, the mirrors, and what the pool hands it; `config/` and `state/` lie on the volume and are not mounted. */
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

/** All but the claim. */
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
    ...(s3 === undefined ? [] : [secretAs(bucketKeys, s3.secretRef.name)]),
    ...cellSecrets.map(({ name }) => secretAs(secretVolume(name), name)),
    ...(template?.volumes ?? []),
  ];
}

/** The names of volumes that are ours. */
export const ownVolumes: ReadonlySet<string> = new Set([
  dataVolume,
  capsuleMount.name,
  socketMount.name,
  "tmp",
  "cell-tmp",
  "api-token",
  "logs-token",
  bucketKeys,
]);

function secretAs(name: string, secretName: string): object {
  return { name, secret: { secretName, defaultMode: 0o440 } };
}

/** A Secret's name may hold dots, a volume's may not, and has 63 characters at most. */
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
