import type { Setting } from "../../core/pool/manifest/manifest.ts";
import type { LogStore } from "../../logs/logStore.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import { createKubernetesStore } from "../../store/kubernetes/kubernetes.ts";
import { createCache } from "../../store/watch/cache.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Vitals } from "../../system/vitals.ts";
import { exportMetrics } from "../metrics/export.ts";
import { createTally } from "../metrics/tally.ts";
import { type Operator, startOperator } from "../run.ts";
import { createSecretCredential } from "./credential.ts";
import { createEventEmitter } from "./events.ts";
import { fenced } from "./fenced.ts";
import { createGitHubsBySecret } from "./githubs.ts";
import { createClusterWorkloads } from "./workloads.ts";

export interface InClusterWorld {
  readonly client: KubernetesClient;
  readonly setting: Setting;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of our pod. */
  readonly instance: string;
  /** What our process costs, where it is ours alone. */
  readonly vitals?: () => Vitals;
}

export interface InCluster extends Operator {
  /** What Prometheus is told, from what is known now. */
  scrape(): ReturnType<typeof exportMetrics>;
}

/** Everything the operator does in a cluster, until `leading` aborts; from then on it writes nothing. */
export function startInCluster(world: InClusterWorld, leading: AbortSignal): InCluster {
  const { setting, clock, log, logs, instance, vitals } = world;
  const client = fenced(world.client, leading);
  const { count, counts } = createTally();
  const store = createKubernetesStore({ client, clock, log, count });
  const connections = createGitHubsBySecret({ clock, log, credential: (pool) => createSecretCredential(client, pool) });
  const operator = startOperator(
    {
      store,
      workloads: createClusterWorkloads({ client, setting, clock, log, signal: leading, count }),
      logs,
      clock,
      log,
      rechecks: true,
      emit: createEventEmitter({ client, store, clock, log, instance }),
      github: connections.of,
    },
    leading,
  );
  const follow = <K extends "BuilderPool" | "Builder" | "Build">(kind: K) =>
    createCache(store, kind, { signal: leading });
  const caches = { pools: follow("BuilderPool"), builders: follow("Builder"), builds: follow("Build") };
  return {
    ...operator,
    scrape: () =>
      exportMetrics({
        pools: caches.pools.list(),
        builders: caches.builders.list(),
        builds: caches.builds.list(),
        budgets: connections.budgets(),
        watches: counts(),
        ...(vitals && { vitals: vitals() }),
        now: clock.now(),
      }),
  };
}
