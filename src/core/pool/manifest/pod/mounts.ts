import type { BuilderPoolSpec } from "../../../../api/objects/pool.ts";
import type { Setting } from "../manifest.ts";
import { addedMountsOf, addedVolumesOf, sharedMemory } from "./added.ts";
import { baseCell, buildCell, capsule, cellSecretsFolder, folderOf, type PodCell } from "./capsule.ts";
import { hasAuthorities, siteVolume, siteVolumesOf } from "./site.ts";

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
/** Folder with the credential for private repositories. */
export const gitCredentialFolder = "/var/run/secrets/builderpool-git";
/**
 * Lifetime of tokens in seconds, the minimum of Kubernetes. The kubelet renews a token after 80 % of its lifetime and
 * never earlier. A token is void, for example, after its ServiceAccount was deleted and recreated. The renewal must
 * precede `killAfter`, when a builder without an acknowledged heartbeat kills its build.
 */
const tokenSeconds = 600;

const bucketKeys = "bucket-keys";
const gitCredential = "git-credential";
const logsAuthority = "logs-ca";
const capsuleMount = { name: "capsule", mountPath: capsule };
const socketMount = { name: "socket", mountPath: folderOf(buildCell.socket) };
const baseSocketMount = { name: "base-socket", mountPath: folderOf(baseCell.socket) };

/** The mounts of the capsule container, which also creates the folders of the data volume. */
export const capsuleMounts = [capsuleMount, { name: dataVolume, mountPath: dataFolder }];

/** The mounts of the builder container: the whole data volume and all credentials. */
export function builderMountsOf({ github, logs }: BuilderPoolSpec, setting: Setting): readonly object[] {
  const { caConfigMap } = setting.logs;
  return [
    { name: dataVolume, mountPath: dataFolder },
    socketMount,
    baseSocketMount,
    { name: "tmp", mountPath: "/tmp" },
    { name: "api-token", mountPath: apiTokenFolder, readOnly: true },
    { name: "logs-token", mountPath: logsTokenFolder, readOnly: true },
    ...(caConfigMap === undefined ? [] : [{ name: logsAuthority, mountPath: logsAuthorityFolder, readOnly: true }]),
    ...(hasAuthorities(setting) ? [{ ...capsuleMount, readOnly: true }] : []),
    ...(logs.s3 === undefined ? [] : [{ name: bucketKeys, mountPath: bucketKeysFolder, readOnly: true }]),
    ...(github.gitSecretRef === undefined
      ? []
      : [{ name: gitCredential, mountPath: gitCredentialFolder, readOnly: true }]),
  ];
}

/**
 * Folders of the data volume for each cell. Both cells see the same paths, so paths inside packages stay true. No cell
 * mounts a parent of these folders. Builds can write nothing that the base cell reads: the kernel refuses writes to a
 * read-only mount for every user and every mode.
 */
const folders: Readonly<
  Record<PodCell["role"], { readonly own: readonly string[]; readonly others: readonly string[] }>
> = {
  build: { own: ["area", "home", "tmp"], others: ["tools", "base", "mirror"] },
  base: { own: ["tools", "base", "base-own"], others: ["mirror"] },
};

/**
 * The mounts of a cell: its folders, the Secrets, and the volumes of the pool. `config/`, `state/` and `parked/` are
 * not mounted. The base cell gets the Secrets too, since a base build may need them and runs no code of a pull request.
 */
export function cellMountsOf({ role }: PodCell, { cellSecrets = [], template }: BuilderPoolSpec): readonly object[] {
  const isBuild = role === "build";
  const { own, others } = folders[role];
  const added = addedMountsOf(template, role);
  const hasMemory = added.every(({ mountPath }) => mountPath !== sharedMemory);
  return [
    { ...capsuleMount, readOnly: true },
    isBuild ? socketMount : baseSocketMount,
    ...own.map((name) => ({ name: dataVolume, mountPath: `${dataFolder}/${name}`, subPath: name })),
    ...others.map((name) => ({ name: dataVolume, mountPath: `${dataFolder}/${name}`, subPath: name, readOnly: true })),
    // The kubelet evicts a pod with an overfull emptyDir. On the claim, the cell stops the build by its quota instead.
    isBuild ? { name: dataVolume, mountPath: "/tmp", subPath: "tmp" } : { name: "base-tmp", mountPath: "/tmp" },
    // All containers of a pod share one /dev/shm, unless each mounts its own.
    ...(hasMemory ? [{ name: isBuild ? "cell-shm" : "base-shm", mountPath: sharedMemory }] : []),
    ...cellSecrets.map(({ name }) => ({
      name: secretVolume(name),
      mountPath: `${cellSecretsFolder}/${name}`,
      readOnly: true,
    })),
    ...added,
  ];
}

/** All volumes except the claim. */
export function volumesOf(
  { cellSecrets = [], template, github: { gitSecretRef }, logs: { s3 } }: BuilderPoolSpec,
  setting: Setting,
): readonly object[] {
  const { logs } = setting;
  return [
    { name: capsuleMount.name, emptyDir: { sizeLimit: "1Gi" } },
    ...[socketMount, baseSocketMount].map(({ name }) => ({ name, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } })),
    { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
    { name: "base-tmp", emptyDir: { sizeLimit: "8Gi" } },
    ...["cell-shm", "base-shm"].map((name) => ({ name, emptyDir: { medium: "Memory", sizeLimit: "1Gi" } })),
    { name: "api-token", projected: { defaultMode: 0o440, sources: apiTokenSources } },
    { name: "logs-token", projected: { defaultMode: 0o440, sources: [tokenFor(logs.audience)] } },
    ...(logs.caConfigMap === undefined ? [] : [{ name: logsAuthority, configMap: { name: logs.caConfigMap } }]),
    ...siteVolumesOf(setting),
    ...(s3 === undefined ? [] : [secretAs(bucketKeys, s3.secretRef.name)]),
    ...(gitSecretRef === undefined ? [] : [secretAs(gitCredential, gitSecretRef.name)]),
    ...cellSecrets.map(({ name }) => secretAs(secretVolume(name), name)),
    ...addedVolumesOf(template),
  ];
}

/** Volume names that a pool must not use. */
export const ownVolumes: ReadonlySet<string> = new Set([
  dataVolume,
  capsuleMount.name,
  socketMount.name,
  baseSocketMount.name,
  "tmp",
  "base-tmp",
  "cell-shm",
  "base-shm",
  "api-token",
  "logs-token",
  bucketKeys,
  gitCredential,
  logsAuthority,
  siteVolume,
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
