import type { BuilderPool } from "../../../api/objects/pool.ts";
import { PoolName } from "../../../api/values/poolName.ts";
import { ownVolumes } from "./mounts.ts";

/**
 * The reason that no pod can be created for a pool, as a sentence; undefined if pods can be created. With our CRD the
 * API server already refuses some of these pools.
 */
export function refusalOf({ metadata: { name }, spec }: BuilderPool): string | undefined {
  const named = PoolName.safeParse(name);
  if (!named.success) return `metadata.name: ${named.error.issues[0]?.message}: create the pool with a valid name`;
  if (spec.image === undefined) return "spec.image is missing: name the container image in which builds run";
  if (spec.architecture === undefined) {
    return "spec.architecture is missing: name the aliBuild architecture of the image, such as slc9_x86-64";
  }
  const { volumes = [], volumeMounts = [] } = spec.template ?? {};
  const added = volumes.map((volume) => String(volume["name"]));
  const taken = added.find((volume) => ownVolumes.has(volume) || volume.startsWith("secret-"));
  if (taken !== undefined)
    return `spec.template.volumes has a volume "${taken}": the pod has a volume of this name already`;
  const token = volumes.find((volume) => JSON.stringify(volume).includes('"serviceAccountToken":'));
  if (token !== undefined) {
    return `spec.template.volumes has a token of the API server in "${String(token["name"])}": builds could read it; remove the volume`;
  }
  const foreign = volumeMounts.map((mount) => String(mount["name"])).find((volume) => !added.includes(volume));
  if (foreign !== undefined) {
    return `spec.template.volumeMounts names "${foreign}", which is not among spec.template.volumes: builds may mount only these volumes`;
  }
  return undefined;
}
