import { randomUUID } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { createMirrors } from "../../builder/git/mirrors.ts";
import { secretFoldersOf } from "../../builder/machine/localCells.ts";
import { type Lock, lockWorkDir } from "../../builder/machine/lock.ts";
import { createBuilderMeter } from "../../builder/report/meter.ts";
import { runBuilder } from "../../builder/run.ts";
import { createKubernetesClient } from "../../store/kubernetes/http/kubernetesClient.ts";
import { createKubernetesStore } from "../../store/kubernetes/kubernetes.ts";
import { accessByFolder } from "../../store/kubernetes/pod.ts";
import { createCache } from "../../store/watch/cache.ts";
import type { Clock } from "../../system/clock.ts";
import { type Health, serveHealth } from "../../system/health.ts";
import type { Log } from "../../system/log.ts";
import { keepCredential } from "../credential/renewal.ts";
import type { Programs } from "../programs.ts";
import { ownInstallRoot } from "../service/versions.ts";
import { storedToken } from "../state/credential.ts";
import { hostEnvironment } from "../state/environment.ts";
import type { AgentSettings } from "../state/settings.ts";
import { claimUsers, createHostCells, mirrorsIn, sandboxIn } from "./cells.ts";
import { copyCellSecrets, followCellSecrets } from "./followSecrets.ts";
import { createHostGitCredentials } from "./gitCredentials.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createHostLogStore } from "./logs.ts";
import { machineHash, systemBuild } from "./machine.ts";
import { createProofs } from "./proofs.ts";
import { awaitBuilder, clusterTroubleOf, renewalTroubleOf } from "./registration.ts";
import { watchTrial } from "./trial.ts";

/** Inputs of `runAgent`. */
export interface AgentWorld {
  /** State folder of the agent. */
  readonly folder: string;
  readonly settings: AgentSettings;
  readonly programs: Programs;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Runs the agent of this host: the builder with cells as child processes. `stop` drains the builder, `kill` ends its
 * build at once. Resolves after a stop, after an order of the operator to end, and when a person enrolled the host for
 * another account. Its service manager starts it again. Throws an Error for people if this machine cannot run it.
 */
export async function runAgent(world: AgentWorld, stop: AbortSignal, kill: AbortSignal): Promise<void> {
  const { folder, settings, log, version, clock } = world;
  process.umask(0o022); // Builds read tools and base, whatever umask the service manager gives.
  const lock = await prepare(settings);
  const state: { journal?: Journal } = {};
  const isReady = () => state.journal?.status()?.phase === "Ready";
  const notReady = () => (isReady() ? undefined : `"${settings.name}" is not warm, or drains`);
  const health = await openHealth(settings.port, notReady, createBuilderMeter(isReady));
  const journal = createJournal(folder, { pid: process.pid, version, port: health.port }, { clock, log });
  state.journal = journal;
  try {
    log.info({ host: settings.name, pool: settings.pool, port: health.port, version }, "the agent started");
    await live(world, journal, stop, kill);
  } finally {
    await journal.flush();
    await health.close();
    lock.release();
  }
  log.info({ host: settings.name }, "the agent holds no claim and exits");
}

/** Locks the work folder and opens it for the users of builds. They pass through, but cannot list it. */
async function prepare({ workDir, name }: AgentSettings): Promise<Lock> {
  if (process.getuid?.() !== 0)
    throw new Error(`agent "${name}" needs root, so that no build can read its credential; start it with sudo`);
  const lock = lockWorkDir(workDir, "agent or `builderpool up`");
  await chmod(workDir, 0o711);
  await mkdir(join(workDir, "builders"), { recursive: true });
  return lock;
}

/** Health and metrics on the loopback address. Another program may have the port: then any free one. */
function openHealth(
  port: number,
  notReady: () => string | undefined,
  scrape: Parameters<typeof serveHealth>[2],
): Promise<Health> {
  const host = "127.0.0.1";
  return serveHealth(port, notReady, scrape, host).catch(() => serveHealth(0, notReady, scrape, host));
}

async function live(world: AgentWorld, journal: Journal, stop: AbortSignal, kill: AbortSignal): Promise<void> {
  const { folder, settings, programs, clock, log, version } = world;
  const { name, pool: poolName, workDir } = settings;
  const [over, replaced] = [new AbortController(), new AbortController()];
  const trial = watchTrial({ root: ownInstallRoot(), journal, clock, log }, over.signal);
  void trial.then((isUndone) => isUndone && replaced.abort());
  const environment = hostEnvironment(settings, world.environment);
  const users = await claimUsers(settings);
  const sandbox = sandboxIn(workDir, name);
  const cells = await createHostCells({ workDir, sandbox, users, programs, environment, clock, log });

  const access = accessByFolder({ server: new URL(settings.server), folder, clock, proxy: settings.proxy });
  const client = createKubernetesClient(access);
  const store = createKubernetesStore({ client, clock, log });
  const token = await storedToken(folder);
  if (token === undefined) throw new Error(`the credential in ${folder} is missing or broken; enrol this host again`);
  const renewal = {
    ...{ folder, client, clock, log, uid: token.uid },
    onRenewal: (error: unknown) =>
      journal.setTrouble(
        "credential",
        error === undefined ? undefined : renewalTroubleOf(error, folder, name, client.namespace),
      ),
    onAccount() {
      log.warn({ host: name }, "this host was enrolled with another account; the agent starts again with it");
      replaced.abort();
    },
  };
  const renewing = keepCredential(renewal, over.signal);
  const end = AbortSignal.any([stop, kill, replaced.signal]);
  try {
    const registration = { store, settings, namespace: client.namespace, uid: token.uid, clock };
    const setTrouble = (sentence: string | undefined) => journal.setTrouble("cluster", sentence);
    const builder = await awaitBuilder({ ...registration, setTrouble }, end);
    if (builder === undefined) return;
    const pools = createCache(store, "BuilderPool", { signal: over.signal });
    await poolKnown(pools.synced, end);
    const pool = () => pools.get(poolName);
    const proofs = createProofs(clock, systemBuild);
    const machine = await machineHash(name);
    const secrets = { folder, client, pool, sandbox, users, clock, journal };
    await copyCellSecrets(secrets);
    void followCellSecrets(secrets, over.signal);
    await runBuilder(
      {
        ...{ name, store, clock, log, cells, sandbox, proofs, owners: users },
        pool: poolName,
        revision: builder.spec.revision ?? "",
        incarnation: randomUUID(),
        podUid: token.uid,
        host: hostname(),
        ...(machine !== undefined && { machine }),
        logs: createHostLogStore({ client, account: token.account, pool, clock }),
        mirrors: createMirrors({
          directory: mirrorsIn(workDir),
          ...{ clock, log, environment },
          credentials: createHostGitCredentials(client),
          user: users.git,
          signal: over.signal,
        }),
        secrets: secretFoldersOf(sandbox).build,
        versions: { builderpool: version },
        onStatus: journal.setStatus,
        onHeartbeat(isConnected, error) {
          proofs.observe();
          journal.setConnected(isConnected);
          const trouble = error === undefined ? undefined : clusterTroubleOf(error, name, client.namespace);
          journal.setTrouble("cluster", trouble);
        },
      },
      stop,
      AbortSignal.any([kill, replaced.signal]),
    );
  } finally {
    over.abort();
    await Promise.all([renewing, trial]);
    access.agent.destroy();
  }
}

/** Waits until the pools are listed, or until `end` aborts. */
async function poolKnown(synced: Promise<unknown>, end: AbortSignal): Promise<void> {
  const ended = Promise.withResolvers<void>();
  end.addEventListener("abort", () => ended.resolve(), { once: true });
  if (!end.aborted) await Promise.race([synced.catch(() => {}), ended.promise]);
}
