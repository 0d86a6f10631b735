import { randomUUID } from "node:crypto";
import { leaderLease } from "../api/values/leaderLease.ts";
import { createHttpLogStore } from "../logs/stores/http.ts";
import { createKubernetesClient } from "../store/kubernetes/http/kubernetesClient.ts";
import { accessFromKubeConfig } from "../store/kubernetes/kubeConfig.ts";
import { createKubernetesStore } from "../store/kubernetes/kubernetes.ts";
import { accessInPod } from "../store/kubernetes/pod.ts";
import { runAsLeader } from "../store/leader/leader.ts";
import { systemClock as clock } from "../system/clock.ts";
import { serveHealth } from "../system/health.ts";
import { createLog, type Log } from "../system/log.ts";
import { readVitals } from "../system/vitals.ts";
import { type InCluster, startInCluster } from "./cluster/start.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { countStalls } from "./metrics/stalls.ts";

/*
 * The operator of a cluster. One of several replicas leads and does all the work. The others wait for its Lease.
 */

/** Exit code for an invalid environment, as in sysexits. */
const usage = 64;

async function run({ namespace, podName: instance, setting, port, ...environment }: Environment, log: Log) {
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());

  const access =
    environment.kubeconfig === undefined
      ? accessInPod({ ...environment.apiServer, clock })
      : await accessFromKubeConfig(environment.kubeconfig, clock);
  const client = createKubernetesClient(access, namespace);
  const store = createKubernetesStore({ client, clock, log });
  const logs = createHttpLogStore({ putUrl: setting.logs.url, url: setting.logs.publicUrl, token: async () => "" });
  const stalls = countStalls();
  const identity = `${instance}_${randomUUID()}`;
  let isConnected = false;
  let operator: InCluster | undefined;
  const health = await serveHealth(
    port,
    () => (isConnected ? undefined : "the API server has not replied yet"),
    async () => operator?.scrape(),
  );
  log.info({ port: health.port, namespace, identity }, "serving health and metrics");

  async function awaitApiServer(): Promise<void> {
    while (!ending.signal.aborted && !isConnected) {
      isConnected = await store.get("Lease", leaderLease).then(
        () => true,
        () => false,
      );
      if (!isConnected) await clock.sleep(1000, ending.signal).catch(() => {});
    }
  }

  void awaitApiServer();
  try {
    await runAsLeader(
      store,
      { name: leaderLease, identity, clock, log },
      async (leading) => {
        operator = startInCluster(
          { client, setting, logs, clock, log, instance, process: { vitals: readVitals, stalls } },
          leading,
        );
        await operator.ended.finally(() => {
          operator = undefined;
        });
      },
      ending.signal,
    );
  } finally {
    ending.abort();
    await health.close();
  }
  log.info({ identity }, "the operator exits");
}

try {
  const environment = readEnvironment(process.env);
  await run(environment, createLog({ level: environment.logLevel }));
} catch (error) {
  const isUsage = error instanceof Error && error.message.startsWith("the environment");
  process.stderr.write(`${error instanceof Error ? (isUsage ? error.message : error.stack) : String(error)}\n`);
  process.exitCode = isUsage ? usage : 1;
}
