import type { BuilderPool } from "../../api/objects/pool.ts";
import { refusedCellSecrets, refusedVolumes } from "../../core/definitions/cellSecrets.ts";
import { manifestsOf } from "../../core/pool/manifest/all.ts";
import type { Manifest, Setting } from "../../core/pool/manifest/manifest.ts";
import { type PodTemplate, podTemplateOf } from "../../core/pool/manifest/podTemplate.ts";
import { refusalOf } from "../../core/pool/manifest/refusal.ts";
import type { Workload, WorkloadEnvironment } from "../../core/pool/observed.ts";
import { revisionOf } from "../../core/pool/rollout/revision.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";
import { createInformer, type Informer, type InformerWorld } from "./informer.ts";
import { isOurs, type OwnedObject, readOwned, takenBy } from "./owned.ts";
import { replaceStatefulSet } from "./replace.ts";
import { ownedResource, ownedResources, statefulSets } from "./resources.ts";
import { readStatefulSet } from "./statefulSet.ts";
import { earlierTemplateOf } from "./templates.ts";

export interface ClusterWorld extends InformerWorld {
  readonly setting: Setting;
}

/** Everything pools own in a cluster but their Builders and Builds. */
export interface OwnedObjects {
  readonly synced: Promise<void>;
  /** What the pool's StatefulSet says; undefined when there is none of ours. */
  workload(pool: string): Workload | undefined;
  environment(pool: BuilderPool, pools: readonly BuilderPool[]): Promise<WorkloadEnvironment>;
  /** Writes what is not there as it should be, and nothing else. Throws when a name is somebody else's. */
  apply(pool: BuilderPool, replicas: number, revision: string): Promise<void>;
}

/** Name under which our fields are managed. */
const fieldManager = "builderpool";

/** What the API server refused is asked of it again after so long, or when the pool changed. */
const refusalHolds = 60_000;

/** What is remembered of a pool while it lives; forgotten when the operator restarts, which then applies everything once. */
interface Remembered {
  /** What its objects were made from when they were applied last. */
  told?: Workload & { readonly template: PodTemplate };
  /** What the API server found wrong with it. */
  refused?: { readonly generation: number | undefined; readonly message: string; readonly at: number };
  /** By kind: which object it is, what was applied, and what it was afterwards. */
  readonly applied: Map<
    string,
    { readonly uid: string | undefined; readonly wanted: string; readonly written: string }
  >;
}

export function watchOwnedObjects(world: ClusterWorld, onChange: (pool: string) => void): OwnedObjects {
  const { client, setting, clock, log } = world;
  const informers = new Map<string, Informer<OwnedObject>>(
    ownedResources.map((resource) => [resource.kind, createInformer(world, resource, readOwned, onChange)]),
  );
  /** By the pool's UID. */
  const remembered = new Map<string | undefined, Remembered>();

  function memoryOf({ metadata: { uid } }: BuilderPool): Remembered {
    const known = remembered.get(uid) ?? { applied: new Map() };
    remembered.set(uid, known);
    return known;
  }

  function forgetAllBut(pools: readonly BuilderPool[]): void {
    const alive = new Set(pools.map(({ metadata }) => metadata.uid));
    for (const uid of remembered.keys()) if (!alive.has(uid)) remembered.delete(uid);
  }

  const shown = ({ kind, metadata }: Manifest) => informers.get(kind)?.get(metadata.name);

  /** Whether the object is there as it was when this very manifest was applied. */
  function isInPlace(pool: BuilderPool, manifest: Manifest): boolean {
    const there = shown(manifest);
    const last = memoryOf(pool).applied.get(manifest.kind);
    const isThis = last !== undefined && last.uid === there?.metadata.uid && last.written === there?.written;
    return isThis && last.wanted === JSON.stringify(manifest);
  }

  /** The object of this name, whosever it is: one that carries no label of ours is not watched. */
  async function found(manifest: Manifest): Promise<KubernetesObject | undefined> {
    return shown(manifest)?.object ?? (await client.get(ownedResource(manifest.kind), manifest.metadata.name));
  }

  function remember(pool: BuilderPool, error: unknown): never {
    if (isStoreError(error, "Invalid")) {
      const { name, generation } = pool.metadata;
      memoryOf(pool).refused = { generation, message: error.message, at: clock.monotonic() };
      onChange(name);
    }
    throw error;
  }

  function refusedBefore(pool: BuilderPool): string | undefined {
    const last = memoryOf(pool).refused;
    const holds = last?.generation === pool.metadata.generation && clock.monotonic() - (last?.at ?? 0) < refusalHolds;
    return holds ? last?.message : undefined;
  }

  async function templateFor(pool: BuilderPool, revision: string): Promise<PodTemplate> {
    const wanted = revisionOf(pool.spec, setting.builderImage);
    const fresh = podTemplateOf(pool, setting, wanted);
    if (revision === wanted) return fresh;
    const { name } = pool.metadata;
    const last = memoryOf(pool).told;
    if (last?.revision === revision) return last.template;
    const object = informers.get(statefulSets.kind)?.get(name)?.object;
    const current = object && readStatefulSet(object);
    if (current?.workload.revision === revision) return current.template;
    const earlier = await earlierTemplateOf(client, name, revision);
    if (earlier === undefined)
      log.warn({ pool: name, revision }, "no template of that revision is kept: the present one is used");
    return earlier ?? fresh;
  }

  async function put(pool: BuilderPool, manifest: Manifest): Promise<void> {
    if (isInPlace(pool, manifest)) return;
    const before = await found(manifest);
    if (before !== undefined && !isOurs(before, pool)) throw new Error(takenBy(before, pool));
    const object = await client
      .apply(ownedResource(manifest.kind), manifest, fieldManager)
      .catch((error: unknown) => replaceStatefulSet(client, before, manifest, error));
    const after = readOwned(object);
    if (after === undefined) return;
    const wanted = JSON.stringify(manifest);
    memoryOf(pool).applied.set(manifest.kind, { uid: object.metadata.uid, wanted, written: after.written });
    informers.get(manifest.kind)?.put(after);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const { kind, metadata } = manifest;
    log.info({ pool: pool.metadata.name, kind, name: metadata.name }, before === undefined ? "created" : "put right");
  }

  return {
    synced: Promise.all([...informers.values()].map(({ synced }) => synced)).then(() => {}),
    workload(pool) {
      const there = informers.get(statefulSets.kind)?.get(pool);
      const controller = there?.object.metadata.ownerReferences?.find((owner) => owner.controller);
      const isForeign = controller !== undefined && (controller.kind !== "BuilderPool" || controller.name !== pool);
      return there === undefined || isForeign ? undefined : readStatefulSet(there.object).workload;
    },
    async environment(pool, pools) {
      forgetAllBut(pools);
      const program = setting.builderImage;
      if (pool.metadata.deletionTimestamp !== undefined) return { program };
      const [secret] = [...refusedCellSecrets(pool, pools), ...refusedVolumes(pool, pools)];
      const sentence = refusalOf(pool) ?? secret ?? refusedBefore(pool);
      if (sentence !== undefined) return { program, refusal: { reason: "DefinitionInvalid", message: sentence } };
      const last = memoryOf(pool).told;
      const wanted = revisionOf(pool.spec, program);
      const template =
        last === undefined || last.revision === wanted ? podTemplateOf(pool, setting, wanted) : last.template;
      const manifests = manifestsOf(pool, client.namespace, last?.replicas ?? 0, template);
      for (const manifest of manifests.filter((one) => !isInPlace(pool, one))) {
        const there = await found(manifest);
        if (there !== undefined && !isOurs(there, pool)) {
          return { program, refusal: { reason: "NameTaken", message: takenBy(there, pool) } };
        }
      }
      return { program, isAstray: last === undefined || !manifests.every((one) => isInPlace(pool, one)) };
    },
    async apply(pool, replicas, revision) {
      const template = await templateFor(pool, revision);
      for (const manifest of manifestsOf(pool, client.namespace, replicas, template)) {
        await put(pool, manifest).catch((error: unknown) => remember(pool, error));
      }
      memoryOf(pool).told = { replicas, revision, template };
    },
  };
}
