import type { BuilderPoolSpec } from "../../../../api/objects/pool.ts";
import type { PodCell } from "./capsule.ts";

type Template = BuilderPoolSpec["template"];
type Mount = Readonly<Record<string, unknown>>;

/** Folder of shared memory in every Linux system. */
export const sharedMemory = "/dev/shm";

/** Prefix of the names of the twins. */
export const twinPrefix = "twin-";

/** Kinds of volumes that the kubelet mounts read-only. */
const unwritable = ["configMap", "secret", "downwardAPI", "projected", "image"];

/** The volumes of the pool. Each emptyDir that builds can write has a twin for the base cell. */
export function addedVolumesOf(template: Template): readonly Mount[] {
  const { volumes = [] } = template ?? {};
  return volumes.flatMap((volume) =>
    isEmptyDir(volume) && writableMountsOf(template).some(({ name }) => name === volume["name"])
      ? [volume, { ...volume, name: twinOf(volume) }]
      : [volume],
  );
}

/**
 * The volumes of the pool in a cell. Everything that builds can write is missing in the base cell, or is an empty twin
 * there: the base cell reads nothing that a build wrote.
 */
export function addedMountsOf(template: Template, role: PodCell["role"]): readonly Mount[] {
  const { volumes = [], volumeMounts = [] } = template ?? {};
  if (role === "build") return volumeMounts;
  const writable = new Set(writableMountsOf(template).map(({ name }) => name));
  return volumeMounts.flatMap((mount) => {
    if (!writable.has(mount["name"])) return [mount];
    const volume = volumes.find(({ name }) => name === mount["name"]);
    return volume !== undefined && isEmptyDir(volume) ? [{ ...mount, name: twinOf(volume) }] : [];
  });
}

/** Folders of the pool's emptyDirs that builds can write. The cells empty them after every order. */
export function addedScratchOf(template: Template): readonly string[] {
  const empty = new Set((template?.volumes ?? []).filter(isEmptyDir).map(({ name }) => name));
  return writableMountsOf(template)
    .filter((mount) => empty.has(mount["name"]))
    .map((mount) => String(mount["mountPath"]))
    .filter((path) => path !== sharedMemory && path !== "/tmp");
}

/** The mounts through which builds can write. */
function writableMountsOf(template: Template): readonly Mount[] {
  const { volumes = [], volumeMounts = [] } = template ?? {};
  const fixed = new Set(volumes.filter((volume) => unwritable.some((kind) => kind in volume)).map(({ name }) => name));
  return volumeMounts.filter((mount) => mount["readOnly"] !== true && !fixed.has(mount["name"]));
}

function isEmptyDir(volume: Mount): boolean {
  return "emptyDir" in volume;
}

function twinOf(volume: Mount): string {
  return `${twinPrefix}${String(volume["name"])}`.slice(0, 63).replace(/-+$/, "");
}
