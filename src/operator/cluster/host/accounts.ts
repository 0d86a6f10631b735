import { apiVersion, poolLabel } from "../../../api/objects/group.ts";
import { builderWishesOf } from "../../../core/definitions/secretConsent.ts";
import { hostAccountOf } from "../../../core/pool/host/account.ts";
import { hostComponent } from "../../../core/pool/host/manifests.ts";
import type { Manifest } from "../../../core/pool/manifest/manifest.ts";
import { isStoreError } from "../../../store/error.ts";
import type { KubernetesObject } from "../../../store/kubernetes/client.ts";
import type { HostAccounts } from "../../pools/hostAccounts.ts";
import { createInformer, type Informer, type InformerWorld } from "../informer.ts";
import { type OwnedObject, readOwned } from "../owned.ts";
import { fieldManager, ownedResource } from "../resources.ts";
import { createSecretConsents } from "../secretConsents.ts";

const kinds = ["ServiceAccount", "Role", "RoleBinding"] as const;
const account = ownedResource("ServiceAccount");
const labelSelector = `${poolLabel},app.kubernetes.io/component=${hostComponent}`;

/** The manifest of the last apply of an object, and the object afterwards. */
interface Applied {
  readonly uid: string | undefined;
  readonly wanted: string;
  readonly written: string;
}

/** The accounts of hosts in a cluster. Watches until the world's signal aborts. */
export function createHostAccounts(world: InformerWorld): HostAccounts {
  const { client, clock, log } = world;
  const listeners: ((pool: string) => void)[] = [];
  const onChange = (pool: string) => {
    for (const listener of listeners) listener(pool);
  };
  const informers = new Map<string, Informer<OwnedObject>>(
    kinds.map((kind) => [kind, createInformer(world, ownedResource(kind), readOwned, onChange, labelSelector)]),
  );
  const synced = Promise.all([...informers.values()].map((informer) => informer.synced));
  const consents = createSecretConsents(client, clock);
  /** By kind and name. Lost at a restart of the operator, which then applies everything once. */
  const applied = new Map<string, Applied>();

  function isUpToDate(manifest: Manifest, current: OwnedObject | undefined): boolean {
    const last = applied.get(`${manifest.kind}/${manifest.metadata.name}`);
    const isUnchanged = last !== undefined && last.uid === current?.metadata.uid && last.written === current?.written;
    return isUnchanged && last.wanted === JSON.stringify(manifest);
  }

  return {
    namespace: client.namespace,
    async observe({ metadata, spec }) {
      await synced;
      const found = informers.get(account.kind)?.get(hostAccountOf(metadata.name, spec.pool));
      return found && { uid: found.metadata.uid ?? "", owner: controllerOf(found.object)?.uid };
    },
    async secrets(pool) {
      const wishes = builderWishesOf(pool);
      const refusals = await Promise.all(wishes.map((wish) => consents.refusalOf(wish)));
      return [...new Set(wishes.filter((_, index) => refusals[index] === undefined).map(({ name }) => name))];
    },
    async apply(manifest, pool) {
      const { kind, metadata } = manifest;
      const informer = informers.get(kind);
      const current = informer?.get(metadata.name);
      if (isUpToDate(manifest, current)) return;
      const before = current?.object ?? (await client.get(ownedResource(kind), metadata.name));
      if (before !== undefined && !isOfHost(before, manifest)) throw new Error(takenMessage(before));
      const object = await client.apply(ownedResource(kind), manifest, fieldManager);
      const after = readOwned(object);
      if (after === undefined) return;
      const [wanted, { uid }] = [JSON.stringify(manifest), object.metadata];
      applied.set(`${kind}/${metadata.name}`, { uid, wanted, written: after.written });
      informer?.put(after);
      if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
      const message = before === undefined ? "created an object of a host" : "updated an object of a host";
      log.info({ pool, kind, name: metadata.name }, message);
    },
    async end({ metadata, spec }, uid) {
      const name = hostAccountOf(metadata.name, spec.pool);
      try {
        await client.delete(account, name, { uid });
        log.info({ pool: spec.pool, name, uid }, "deleted the account of a host; its tokens end");
      } catch (error) {
        if (!isStoreError(error, "NotFound") && !isStoreError(error, "Conflict")) throw error;
      }
      informers.get(account.kind)?.forget(name, uid);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function controllerOf({ metadata }: KubernetesObject) {
  return metadata.ownerReferences?.find((owner) => owner.controller);
}

/** Whether the object belongs to this host, or to an earlier Builder of its name. */
function isOfHost(object: KubernetesObject, { metadata }: Manifest): boolean {
  const [owner, wanted] = [controllerOf(object), metadata.ownerReferences?.[0]];
  if (owner === undefined) return object.metadata.labels?.[poolLabel] === metadata.labels?.[poolLabel];
  return owner.apiVersion === apiVersion && owner.kind === "Builder" && owner.name === wanted?.name;
}

function takenMessage({ kind, metadata }: KubernetesObject): string {
  return `The ${kind} "${metadata.name}" has another owner, so the host gets no account: delete that ${kind}, or give the host another name`;
}
