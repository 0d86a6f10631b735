import type { Stored } from "../../../src/api/objects/kinds.ts";
import { createKubernetesClient } from "../../../src/store/kubernetes/http/kubernetesClient.ts";
import type { Limits } from "../../../src/store/kubernetes/http/limits.ts";
import { accessFromKubeConfig } from "../../../src/store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../../../src/store/kubernetes/kubernetes.ts";
import type { ReflectFact } from "../../../src/store/kubernetes/watch/reflect.ts";
import type { ObjectStore } from "../../../src/store/objectStore.ts";
import { createCache } from "../../../src/store/watch/cache.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { until } from "../../support/cluster/until.ts";
import { faultyPath } from "../../support/kubernetes/faultyPath.ts";
import { newNamespace } from "../../support/kubernetes/namespaces.ts";

const log = createLog({ level: "silent" });
const clock = systemClock;

/**
 * A writer with a direct connection to the API server, and a follower of its Builders over a faulty connection. Half a
 * minute without traffic counts as broken here, to keep tests short.
 */
export async function aFollower(kubeconfig: string, limits: Limits = { deadlineMs: 30_000, quietMs: 30_000 }) {
  const direct = await newNamespace(kubeconfig);
  const writer = createKubernetesStore({ client: direct, clock, log });
  const access = await accessFromKubeConfig(kubeconfig, clock);
  const path = await faultyPath(access);
  const client = createKubernetesClient(path.access, direct.namespace, limits);
  const counts: Record<ReflectFact | "Unreadable", number> = {
    Listed: 0,
    Opened: 0,
    Ended: 0,
    Failed: 0,
    Expired: 0,
    Unreadable: 0,
  };
  const count = (fact: keyof typeof counts) => {
    counts[fact] += 1;
  };
  const store = createKubernetesStore({ client, clock, log, count });
  const stop = new AbortController();
  const changes: string[] = [];
  const wrong: string[] = [];
  const cache = createCache(store, "Builder", {
    signal: stop.signal,
    onChange({ type, object }, before) {
      const { name, uid, resourceVersion } = object.metadata;
      changes.push(`${type} ${name}`);
      // Added is for an unknown object, Modified and Deleted for a known object, and no change repeats.
      const had = before?.metadata.uid === uid;
      const isNews = type === "Deleted" || before?.metadata.resourceVersion !== resourceVersion;
      if (had !== (type !== "Added") || !isNews) wrong.push(`${type} ${name} ${uid} ${resourceVersion}`);
    },
  });
  await cache.synced;

  return {
    writer,
    store,
    path,
    counts,
    cache,
    /** All changes so far in their order, such as `Deleted o2-0`. */
    changes,
    /** Resolves when the follower equals the server. Fails after an inconsistent change. */
    async agrees(): Promise<void> {
      await until("the follower to equal the server", async () => {
        return versions(cache.list()) === versions(await writer.list("Builder"));
      });
      if (wrong.length > 0) throw new Error(`The follower received inconsistent changes: ${wrong.join(", ")}`);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await path[Symbol.asyncDispose]();
      access.agent.destroy();
      await direct.close().catch(() => {});
    },
  };
}

/** Writes the drain reason of a Builder. */
export async function drain(store: ObjectStore, name: string, reason: string): Promise<void> {
  const builder = await store.get("Builder", name);
  if (builder === undefined) throw new Error(`${name} is gone`);
  await store.update("Builder", { ...builder, spec: { ...builder.spec, drainReason: reason } });
}

function versions(builders: readonly Stored<"Builder">[]): string {
  const lines = builders.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
  return lines.sort().join("\n");
}
