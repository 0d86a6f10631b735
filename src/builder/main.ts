import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cellSecretsFolder } from "../core/pool/manifest/pod/capsule.ts";
import type { LogStore } from "../logs/logStore.ts";
import { readBucketKeys } from "../logs/stores/bucketKeys.ts";
import { createHttpLogStore } from "../logs/stores/http.ts";
import { createS3LogStore } from "../logs/stores/s3.ts";
import { createKubernetesClient } from "../store/kubernetes/http/kubernetesClient.ts";
import { createKubernetesStore } from "../store/kubernetes/kubernetes.ts";
import { accessInPod } from "../store/kubernetes/pod.ts";
import { systemClock as clock } from "../system/clock.ts";
import { serveHealth } from "../system/health.ts";
import { createLog, type Log } from "../system/log.ts";
import { messageOf } from "../system/messageOf.ts";
import { createReserve, keepReserve } from "../system/reserve.ts";
import { sparseEnvironment } from "../system/sparseEnvironment.ts";
import { version } from "../system/version.ts";
import { trustAuthorities, writeAuthorities } from "./cells/authorities.ts";
import { fillCapsule, prepareVolume } from "./cells/capsule.ts";
import { createCells } from "./cells/routedCells.ts";
import { createSocketCells } from "./cells/socketCells.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { createMountedGitCredentials } from "./git/credential.ts";
import { createMirrors } from "./git/mirrors.ts";
import { createBuilderMeter } from "./report/meter.ts";
import { runBuilder } from "./run.ts";

/*
 * The brain of a builder in a pod. SIGTERM drains: the running build may finish within the pool's drain timeout, then
 * the process exits. A second SIGTERM stops the build at once. `main.ts capsule DIRECTORY DATA` copies the cell
 * programs into the capsule of the pod, creates the folders of the volume DATA, and exits. Exit codes: 0 after a drain
 * or a filled capsule, 64 for a wrong environment, 1 for a bug or a broken disk.
 */

const badUsage = 64;
/** In a pod, builder and cell run as different users of the same group. */
const groupOnly = 0o007;

async function run(environment: Environment, log: Log): Promise<void> {
  const { name, pool, revision, podUid, host, namespace, data, logs } = environment;
  const [stop, kill, ended] = [new AbortController(), new AbortController(), new AbortController()];
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => (stop.signal.aborted ? kill : stop).abort());
  process.umask(groupOnly);
  let isReady = false;
  const health = await serveHealth(
    environment.port,
    () => (isReady ? undefined : `"${name}" is not warm, or drains: kubectl get builder ${name}`),
    createBuilderMeter(() => isReady),
  );
  const client = createKubernetesClient(accessInPod({ ...environment.apiServer, clock }), namespace);
  const directory = join(data, "mirror");
  const mirrors = createMirrors({
    directory,
    clock,
    log,
    environment: sparseEnvironment(process.env),
    credentials: createMountedGitCredentials(environment.git),
    signal: ended.signal,
  });
  const reserve = createReserve(join(data, "reserve"));
  // A build may have filled the volume. The warm-up frees it, but the builder itself needs some space before.
  if (reserve.isShort() && reserve.release())
    log.warn({ builder: name }, "the disk is full, so the reserve is released");
  void keepReserve(reserve, clock, ended.signal);
  const cell = { pod: name, version, clock, log };
  log.info({ builder: name, pool, revision, port: health.port }, "the builder started; it serves health and metrics");
  try {
    await runBuilder(
      {
        name,
        pool,
        revision,
        podUid,
        host,
        clock,
        log,
        mirrors,
        incarnation: randomUUID(),
        store: createKubernetesStore({ client, clock, log }),
        logs: logStore(logs),
        cells: createCells({
          build: createSocketCells({ ...cell, socket: environment.sockets.build }),
          base: createSocketCells({ ...cell, socket: environment.sockets.base }),
        }),
        sandbox: data,
        secrets: cellSecretsFolder,
        ownVolume: true,
        versions: { builderpool: version },
        onReady: (ready) => {
          isReady = ready;
        },
      },
      stop.signal,
      kill.signal,
    );
  } finally {
    ended.abort();
    await health.close();
  }
  log.info({ builder: name }, "the builder holds no claim and exits");
}

/** The pool's own bucket if it has one, else the log service of the installation. */
function logStore({ bucket, bucketKeys: folder, tokenFile, ...service }: Environment["logs"]): LogStore {
  if (bucket !== undefined)
    return createS3LogStore({ s3: bucket, url: bucket.url, keys: () => readBucketKeys(folder) });
  return createHttpLogStore({ ...service, token: () => readFile(tokenFile, "utf8") });
}

async function main([command, directory, data]: readonly string[]): Promise<number> {
  if (command === "capsule" && directory !== undefined && data !== undefined) {
    await fillCapsule(directory, join(import.meta.dirname, "capsule.list"));
    await writeAuthorities(directory, process.env);
    await prepareVolume(data);
    return 0;
  }
  let environment: Environment;
  try {
    if (command !== undefined) throw new Error(`expected no argument, or "capsule DIRECTORY DATA", found "${command}"`);
    environment = readEnvironment(process.env);
  } catch (error) {
    console.error(messageOf(error));
    return badUsage;
  }
  await trustAuthorities(process.env);
  await run(environment, createLog({ level: environment.logLevel }));
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
