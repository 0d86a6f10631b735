import type { BuilderPool } from "../../api/objects/pool.ts";
import { refusedCellSecrets, refusedVolumes } from "../../core/definitions/cellSecrets.ts";
import { refusedSharedTrees } from "../../core/definitions/sharedTree.ts";
import { manifestsOf } from "../../core/pool/manifest/all.ts";
import type { Manifest, Setting } from "../../core/pool/manifest/manifest.ts";
import { type PodTemplate, podTemplateOf } from "../../core/pool/manifest/pod/podTemplate.ts";
import { refusalOf, volumeRefusalOf } from "../../core/pool/manifest/refusal.ts";
import type { Workload, WorkloadEnvironment } from "../../core/pool/observed.ts";
import { revisionOf } from "../../core/pool/rollout/revision.ts";
import { isStoreError } from "../../store/error.ts";
import type { KubernetesObject } from "../../store/kubernetes/client.ts";
import { createInformer, type Informer, type InformerWorld } from "./informer.ts";
import { isOurs, nameTakenMessage, type OwnedObject, readOwned } from "./owned.ts";
import { replaceStatefulSet } from "./replace.ts";
import { fieldManager, ownedResource, ownedResources, statefulSets } from "./resources.ts";
import { createSecretConsents } from "./secretConsents.ts";
import { readPodRefusal, readStatefulSet } from "./statefulSet.ts";
import { earlierTemplateOf } from "./templates.ts";

export interface ClusterWorld extends InformerWorld {
  readonly setting: Setting;
}

/** The objects that pools own in a cluster, except Builders and Builds. */
export interface OwnedObjects {
  readonly synced: Promise<void>;
  /** Replicas and revision of the pool's StatefulSet; undefined without a StatefulSet of the pool. */
  workload(pool: string): Workload | undefined;
  environment(pool: BuilderPool, pools: readonly BuilderPool[]): Promise<WorkloadEnvironment>;
  /** Writes missing and changed objects only. Throws when another owner has the name of an object. */
  apply(pool: BuilderPool, replicas: number, revision: string): Promise<void>;
}

/** A refused manifest is applied again after this time, or after a change of the pool. */
const refusalMaxAge = 60_000;

/** Memory of a pool's last apply. Lost at a restart of the operator, which then applies everything once. */
interface Remembered {
  /** The inputs of the last apply. */
  lastApplied?: Workload & { readonly template: PodTemplate };
  /** The last refusal by the API server. */
  refused?: { readonly generation: number | undefined; readonly message: string; readonly at: number };
  /** By kind: the object's UID, the applied manifest, and the object afterwards. */
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
  const consents = createSecretConsents(client, clock);
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

  const watched = ({ kind, metadata }: Manifest) => informers.get(kind)?.get(metadata.name);

  /** Whether the object is unchanged since the last apply of the same manifest. */
  function isUpToDate(pool: BuilderPool, manifest: Manifest): boolean {
    const current = watched(manifest);
    const last = memoryOf(pool).applied.get(manifest.kind);
    const isUnchanged = last !== undefined && last.uid === current?.metadata.uid && last.written === current?.written;
    return isUnchanged && last.wanted === JSON.stringify(manifest);
  }

  /** The object with this name, of any owner. Reads an object without our label: the informer lacks it. */
  async function find(manifest: Manifest): Promise<KubernetesObject | undefined> {
    return watched(manifest)?.object ?? (await client.get(ownedResource(manifest.kind), manifest.metadata.name));
  }

  function recordRefusal(pool: BuilderPool, error: unknown): never {
    if (isStoreError(error, "Invalid")) {
      const { name, generation } = pool.metadata;
      memoryOf(pool).refused = { generation, message: error.message, at: clock.monotonic() };
      onChange(name);
    }
    throw error;
  }

  function recentRefusal(pool: BuilderPool): string | undefined {
    const last = memoryOf(pool).refused;
    const isRecent = clock.monotonic() - (last?.at ?? 0) < refusalMaxAge;
    return last?.generation === pool.metadata.generation && isRecent ? last?.message : undefined;
  }

  async function templateFor(pool: BuilderPool, revision: string): Promise<PodTemplate> {
    const wanted = revisionOf(pool.spec, setting.builderImage);
    const fresh = podTemplateOf(pool, setting, wanted);
    if (revision === wanted) return fresh;
    const { name } = pool.metadata;
    const last = memoryOf(pool).lastApplied;
    if (last?.revision === revision) return last.template;
    const object = informers.get(statefulSets.kind)?.get(name)?.object;
    const current = object && readStatefulSet(object);
    if (current?.workload.revision === revision) return current.template;
    const earlier = await earlierTemplateOf(client, name, revision);
    if (earlier === undefined) {
      log.warn(
        { pool: name, revision },
        "Kubernetes keeps no pod template of the revision; using the current template",
      );
    }
    return earlier ?? fresh;
  }

  async function put(pool: BuilderPool, manifest: Manifest): Promise<void> {
    if (isUpToDate(pool, manifest)) return;
    const before = await find(manifest);
    if (before !== undefined && !isOurs(before, pool)) throw new Error(nameTakenMessage(before, pool));
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
    const message = before === undefined ? "created an owned object" : "updated an owned object";
    log.info({ pool: pool.metadata.name, kind, name: metadata.name }, message);
  }

  function workload(pool: string): Workload | undefined {
    const current = informers.get(statefulSets.kind)?.get(pool);
    const controller = current?.object.metadata.ownerReferences?.find((owner) => owner.controller);
    const isForeign = controller !== undefined && (controller.kind !== "BuilderPool" || controller.name !== pool);
    return current === undefined || isForeign ? undefined : readStatefulSet(current.object).workload;
  }

  return {
    synced: Promise.all([...informers.values()].map(({ synced }) => synced)).then(() => {}),
    workload,
    async environment(pool, pools) {
      forgetAllBut(pools);
      const program = setting.builderImage;
      const { publicUrl: logsUrl, audience: logsAudience } = setting.logs;
      const known = { program, logsUrl, logsAudience };
      if (pool.metadata.deletionTimestamp !== undefined) return known;
      const [secret] = [...refusedCellSecrets(pool, pools), ...refusedVolumes(pool, pools)];
      const [sharedTree] = refusedSharedTrees(pool);
      const message =
        refusalOf(pool) ?? volumeRefusalOf(pool, setting.volumes) ?? secret ?? sharedTree ?? recentRefusal(pool);
      if (message !== undefined) return { ...known, refusal: { reason: "DefinitionInvalid", message } };
      const withheld = await consents.podRefusalOf(pool);
      if (withheld !== undefined) return { ...known, refusal: { reason: "SecretRefused", message: withheld } };
      // A pool that never wanted a pod has no objects.
      if (pool.spec.instances === 0 && workload(pool.metadata.name) === undefined) return known;
      const last = memoryOf(pool).lastApplied;
      const wanted = revisionOf(pool.spec, program);
      const template =
        last === undefined || last.revision === wanted ? podTemplateOf(pool, setting, wanted) : last.template;
      const manifests = manifestsOf(pool, client.namespace, last?.replicas ?? 0, template, setting.egress);
      for (const manifest of manifests.filter((one) => !isUpToDate(pool, one))) {
        const current = await find(manifest);
        if (current !== undefined && !isOurs(current, pool)) {
          return { ...known, refusal: { reason: "NameTaken", message: nameTakenMessage(current, pool) } };
        }
      }
      const podRefusal = await readPodRefusal(
        client,
        informers.get(statefulSets.kind)?.get(pool.metadata.name)?.object,
      );
      const hasDrifted = last === undefined || !manifests.every((one) => isUpToDate(pool, one));
      return { ...known, hasDrifted, ...(podRefusal !== undefined && { podRefusal }) };
    },
    async apply(pool, replicas, revision) {
      const template = await templateFor(pool, revision);
      for (const manifest of manifestsOf(pool, client.namespace, replicas, template, setting.egress)) {
        await put(pool, manifest).catch((error: unknown) => recordRefusal(pool, error));
      }
      memoryOf(pool).lastApplied = { replicas, revision, template };
    },
  };
}
