import { describe, expect, it, onTestFinished } from "vitest";
import { poolLabel, revisionLabel } from "../../../../src/api/objects/group.ts";
import type { BuilderPool } from "../../../../src/api/objects/pool.ts";
import type { Manifest } from "../../../../src/core/pool/manifest/manifest.ts";
import { revisionOf } from "../../../../src/core/pool/rollout/revision.ts";
import { watchOwnedObjects } from "../../../../src/operator/cluster/ownedObjects.ts";
import type { KubernetesClient, KubernetesObject } from "../../../../src/store/kubernetes/client.ts";
import { systemClock as clock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";
import { aPool } from "../../core/pool/world.ts";

const setting = {
  builderImage: "builder:1",
  pullSecrets: [],
  logs: { url: "http://logs", publicUrl: "http://logs", audience: "logs" },
};

/** The owned objects on an API server with `existing` objects. The server accepts every apply. */
async function ownedObjectsOn(...existing: readonly KubernetesObject[]) {
  const applied: Manifest[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const client: Pick<KubernetesClient, "namespace" | "pages" | "watch" | "get" | "apply"> = {
    namespace: "ci",
    async *pages({ kind }) {
      yield { resourceVersion: "1", items: existing.filter((object) => object.kind === kind) };
    },
    async *watch(_resource, { onOpen }, signal) {
      onOpen?.();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    get: async () => undefined,
    async apply(_resource, object) {
      applied.push(object);
      return { ...object, metadata: { ...object.metadata, uid: object.kind, resourceVersion: "2" } };
    },
  };
  const log = createLog({ level: "silent" });
  const world = { client: client as KubernetesClient, setting, clock, log, signal: end.signal };
  const owned = watchOwnedObjects(world, () => {});
  await owned.synced;
  return { owned, applied };
}

function named(name: string, spec: Parameters<typeof aPool>[0] = {}): BuilderPool {
  const pool = aPool({ architecture: "slc9_x86-64", ...spec });
  return { ...pool, metadata: { ...pool.metadata, name, uid: `uid of ${name}` } };
}

describe("the owned objects of a pool", () => {
  it("are scaled down with the running template when the pool is deleted and refused", async () => {
    const template = {
      metadata: { labels: { [revisionLabel]: "before" }, annotations: {} },
      spec: { hostname: "before" },
    };
    const { owned, applied } = await ownedObjectsOn({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "o2", uid: "set", resourceVersion: "1", labels: { [poolLabel]: "o2" } },
      spec: { replicas: 2, template },
    });
    const pool = named("o2", { template: { volumeMounts: [{ name: "none", mountPath: "/none" }] } });
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    await owned.apply({ ...pool, metadata: { ...pool.metadata, deletionTimestamp } }, 0, "before");
    expect(applied.at(-1)).toMatchObject({ kind: "StatefulSet", spec: { replicas: 0, template } });
  });

  it("are applied once while unchanged, and forgotten with the pool", async () => {
    const { owned, applied } = await ownedObjectsOn();
    const [pool, other] = [named("o2"), named("o3")];
    const revision = revisionOf(pool.spec, setting.builderImage);
    await owned.apply(pool, 2, revision);
    expect(applied.map(({ kind }) => kind).at(-1)).toBe("StatefulSet");
    applied.length = 0;
    await owned.apply(pool, 2, revision);
    expect(applied).toEqual([]);
    expect(await owned.environment(pool, [pool, other])).toMatchObject({ hasDrifted: false });
    await owned.environment(other, [other]);
    expect(await owned.environment(pool, [pool, other])).toMatchObject({ hasDrifted: true });
  });
});
