import { z } from "zod";
import type { BuilderPool } from "../../../api/objects/pool.ts";
import { PoolName } from "../../../api/values/poolName.ts";
import { twinPrefix } from "./pod/added.ts";
import { ownVolumes } from "./pod/mounts.ts";

/** Prefixes of volume names that a pod uses itself. */
const reserved = ["secret-", twinPrefix];

/**
 * The reason that no pod can be created for a pool, as a sentence; undefined if pods can be created. With our CRD the
 * API server already refuses some of these pools.
 */
export function refusalOf({ metadata: { name }, spec }: BuilderPool): string | undefined {
  const named = PoolName.safeParse(name);
  if (!named.success) return `metadata.name: ${named.error.issues[0]?.message}: create the pool with a valid name`;
  if (spec.instances === 0 && spec.image === undefined) return undefined;
  if (spec.image === undefined) return "spec.image is missing: name the container image in which builds run";
  if (spec.instances > 0 && spec.architecture === undefined) {
    return "spec.architecture is missing: name the aliBuild architecture of the image, such as slc9_x86-64";
  }
  const { volumes = [], volumeMounts = [] } = spec.template ?? {};
  const added = volumes.map((volume) => String(volume["name"]));
  const taken = added.find((volume) => ownVolumes.has(volume) || reserved.some((prefix) => volume.startsWith(prefix)));
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

/** Kinds of volumes without access to Secrets, nodes or storage of others. */
export const freeVolumes = ["emptyDir", "configMap", "downwardAPI"] as const;
/** Sources of such a `projected` volume. */
export const freeSources = ["configMap", "downwardAPI"] as const;

/**
 * The reason that a pool may not add one of its volumes, as a sentence; undefined if it may add all. `allowed` are the
 * kinds that the installation allows beyond the free ones.
 */
export function volumeRefusalOf({ spec }: BuilderPool, allowed: readonly string[] = []): string | undefined {
  return (spec.template?.volumes ?? []).flatMap((volume) => refusedKind(volume, allowed) ?? [])[0];
}

/** A volume without a kind is an emptyDir. */
function refusedKind(volume: Readonly<Record<string, unknown>>, allowed: readonly string[]): string | undefined {
  const kinds = Object.keys(volume).filter((key) => key !== "name");
  const free: readonly string[] = [...freeVolumes, ...allowed];
  const kind = kinds.find((one) => !free.includes(one) && !(one === "projected" && isFreeProjection(volume[one])));
  if (kind === undefined) return undefined;
  return `spec.template.volumes has the ${kind} "${String(volume["name"])}": pools may add ${free.join(", ")}; remove the volume, or add ${kind} to the chart value pools.volumes`;
}

function isFreeProjection(projection: unknown): boolean {
  const { data } = Projection.safeParse(projection);
  const free: readonly string[] = freeSources;
  return data?.sources.every((source) => Object.keys(source).every((kind) => free.includes(kind))) ?? false;
}

const Projection = z.object({ sources: z.array(z.record(z.string(), z.unknown())) });
