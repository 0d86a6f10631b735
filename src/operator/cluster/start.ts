import type { Histogram } from "prom-client";
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
import { createFencedClient } from "./fenced.ts";
import { createGitHubsBySecret } from "./githubs.ts";
import { createHostAccounts } from "./host/accounts.ts";
import { createClusterWorkloads } from "./workloads.ts";

export interface InClusterWorld {
  readonly client: KubernetesClient;
  readonly setting: Setting;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of our pod. */
  readonly instance: string;
  /** Measurements of our process; absent in a shared process. */
  readonly process?: { readonly vitals: () => Vitals; readonly stalls: Histogram };
}

export interface InCluster extends Operator {
  /** The current metrics for Prometheus. */
  scrape(): ReturnType<typeof exportMetrics>;
}

/** Starts the operator in a cluster. It ends when `leading` aborts, and writes nothing from then on. */
export function startInCluster(world: InClusterWorld, leading: AbortSignal): InCluster {
  const { setting, clock, log, logs, instance, process } = world;
  const client = createFencedClient(world.client, leading);
  const { count, counts } = createTally();
  const store = createKubernetesStore({ client, clock, log, count });
  const connections = createGitHubsBySecret({ clock, log, credential: (pool) => createSecretCredential(client, pool) });
  const watching = { client, clock, log, signal: leading, count };
  const operator = startOperator(
    {
      store,
      workloads: createClusterWorkloads({ ...watching, setting }),
      accounts: createHostAccounts(watching),
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
        ...(process && { vitals: process.vitals(), stalls: process.stalls }),
        now: clock.now(),
      }),
  };
}
