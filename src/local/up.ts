import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Stored } from "../api/objects/kinds.ts";
import type { BuilderPool } from "../api/objects/pool.ts";
import { probeIsolation } from "../builder/cells/isolation.ts";
import { createMirrors } from "../builder/git/mirrors.ts";
import { pendingReports } from "../core/report/post/pending.ts";
import { readBucketKeys } from "../logs/stores/bucketKeys.ts";
import { createDirectoryLogStore } from "../logs/stores/directory.ts";
import { createS3LogStore } from "../logs/stores/s3.ts";
import { createGitHubs } from "../operator/githubs.ts";
import { exportMetrics } from "../operator/metrics/export.ts";
import { type Operator, startOperator } from "../operator/run.ts";
import { openEmbeddedStore } from "../store/embedded/embedded.ts";
import { type Cache, createCache } from "../store/watch/cache.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import { sparseEnvironment } from "../system/sparseEnvironment.ts";
import { cellSecretLines } from "./cells/cellSecrets.ts";
import { createCellUsers } from "./cells/cellUsers.ts";
import { stopLeftovers } from "./cells/leftovers.ts";
import { createLocalCredential } from "./credential.ts";
import { lockWorkDir } from "./lock.ts";
import { type Address, type Scrape, servePages } from "./pages.ts";
import { applyPools, createPool } from "./pools/apply.ts";
import { remainingWorkOf } from "./pools/remainingWork.ts";
import { fieldsWithoutEffectOf } from "./pools/withoutEffect.ts";
import { createLocalBuilders } from "./workload/builders.ts";
import { createLocalWorkloads } from "./workload/workloads.ts";

export interface UpOptions {
  readonly workDir: string;
  readonly pools: readonly BuilderPool[];
  /** Whether no other pool is wanted; false where some could not be read, so that none is taken away. */
  readonly areAll: boolean;
  readonly token: string | undefined;
  /** Name, UID or UID:GID; a user of their own when absent and possible. */
  readonly cellUser: string | undefined;
  readonly listen: Address;
  readonly rechecks: boolean;
  /** Absolute paths of Node, of the cell program, and of the checkout builds must be able to enter. */
  readonly node: string;
  readonly cellProgram: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Version of this program. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells people one line. */
  say(line: string): void;
  /** Tells people lines that they should have in sight until others are told about the same. */
  pin(about: string, lines: readonly string[]): void;
  /** Hears every change of every pool, builder and build. */
  changed(object: Stored<"BuilderPool"> | Stored<"Builder"> | Stored<"Build">, deleted: boolean): void;
}

export interface Up {
  readonly operator: Pick<Operator, "ended">;
  readonly pools: Cache<"BuilderPool">;
  readonly builds: Cache<"Build">;
  /** What is left before `--until-idle` may end, in words; undefined when nothing is. */
  stillToDo(): string | undefined;
  /** Makes the pools those given; a line for each change. */
  apply(pools: readonly BuilderPool[]): Promise<readonly string[]>;
  /** Drains all builders, kills those that are not done after `drainMs`, and ends everything; a second call can only shorten the time. */
  end(drainMs: number): Promise<void>;
  /** Resolves when `end` has done its work. */
  readonly ended: Promise<void>;
}

/** Everything of one machine, started: lock, store, operator, builders, pages. Throws LockedError when another `up` has the folder. */
export async function startUp(options: UpOptions): Promise<Up> {
  const { workDir, clock, log, say } = options;
  process.umask(0o022); // what builds must read they can, and what they must not change they cannot, whatever the shell of `up` had
  const lock = lockWorkDir(workDir);
  openToOthers(workDir);
  closeSecrets(workDir);
  const users = await createCellUsers(
    options.cellUser,
    join(workDir, "builders"),
    [options.cellProgram, options.node],
    options.token !== undefined,
  );
  if (users.userOf === undefined) options.pin("users", [users.meaning]);
  else say(users.meaning);
  const leftovers = await stopLeftovers(workDir);
  if (leftovers > 0) say(`stopped ${leftovers} processes that an earlier \`up\` had left behind`);

  const ending = new AbortController();
  const environment = sparseEnvironment(options.environment);
  const isolation = await probeIsolation(environment);
  if (isolation.length === 0) say(noNamespaces);
  const file = join(workDir, "store.db");
  const onTrouble = (sentence: string | undefined) => {
    options.pin("store", sentence === undefined ? [] : [`${sentence}; until then nothing new is begun`]);
    if (sentence === undefined) say(`store file ${file} takes writes again`);
  };
  const store = openEmbeddedStore({ file, clock, log, onTrouble });
  const connections = createGitHubs({
    clock,
    log,
    credential: (pool) => createLocalCredential(pool, workDir, options.token),
  });
  let wanted = options.pools;
  /** A pool that was added again while it was being deleted comes back when that is done. */
  function comeBack({ metadata: { name } }: BuilderPool): void {
    const pool = wanted.find(({ metadata }) => metadata.name === name);
    if (pool !== undefined)
      createPool(store, pool).then(say, (error: unknown) =>
        log.error({ pool: name, error: String(error) }, "pool not created"),
      );
  }
  const follow = <K extends "BuilderPool" | "Builder" | "Build">(kind: K) =>
    createCache(store, kind, {
      signal: ending.signal,
      onChange({ type, object }) {
        options.changed(object, type === "Deleted");
        if (type === "Deleted" && object.kind === "BuilderPool") comeBack(object);
      },
    });
  const caches = { pools: follow("BuilderPool"), builders: follow("Builder"), builds: follow("Build") };
  await Promise.all(Object.values(caches).map(({ synced }) => synced));
  const objects = () => ({
    pools: caches.pools.list(),
    builders: caches.builders.list(),
    builds: caches.builds.list(),
  });
  const scrape = () => exportMetrics({ ...objects(), budgets: connections.budgets(), now: clock.now() });
  const { logs, pages } = await openLogs(options, scrape);
  const mirrors = createMirrors({
    directory: join(workDir, "mirrors"),
    clock,
    log,
    environment,
    signal: ending.signal,
  });
  const start = createLocalBuilders({
    ...options,
    store,
    logs,
    mirrors,
    environment,
    isolation,
    userOf: users.userOf,
    versions: { builderpool: options.version },
  });
  const workloads = createLocalWorkloads({ clock, log, start });

  const told = new Set<string>();
  /** What people should know about the pools, each sentence once. */
  const notes = (pools: readonly BuilderPool[]) =>
    [...pools.flatMap(fieldsWithoutEffectOf), ...cellSecretLines(pools, join(workDir, "secrets"))].filter((line) => {
      const isNew = !told.has(line);
      told.add(line);
      return isNew;
    });
  for (const line of notes(wanted)) say(line);
  for (const line of await applyPools(store, wanted, options.areAll)) say(line);
  const operator = startOperator(
    { store, workloads, logs, clock, log, rechecks: options.rechecks, github: connections.of },
    ending.signal,
  );
  const ended = Promise.withResolvers<void>();
  let isEnding = false;

  async function finish(drained: Promise<void>): Promise<void> {
    await drained;
    await reportsOut(() => pendingReports(objects()).length === 0, clock);
    ending.abort();
    await operator.ended;
    await pages.close();
    store.close();
    lock.release();
  }

  return {
    operator,
    pools: caches.pools,
    builds: caches.builds,
    stillToDo: () =>
      remainingWorkOf({ ...objects(), listed: operator.isSettled(), unreported: pendingReports(objects()) }),
    async apply(pools) {
      wanted = pools;
      return [...notes(pools), ...(await applyPools(store, pools, true))];
    },
    ended: ended.promise,
    async end(drainMs) {
      const drained = workloads.close(drainMs);
      if (!isEnding) finish(drained).then(ended.resolve, ended.reject);
      isEnding = true;
      await ended.promise;
    },
  };
}

/** What builders said last should still reach GitHub; what does not is sent by the next `up`. */
async function reportsOut(isOut: () => boolean, clock: Clock): Promise<void> {
  for (let waited = 0; waited < 5_000 && !isOut(); waited += 200) await clock.sleep(200);
}

async function openLogs({ workDir, listen, pools, pin, say }: UpOptions, scrape: Scrape) {
  const [{ directory = join(workDir, "logs"), url, s3 } = {}] = pools.map(({ spec }) => spec.logs);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    say(
      `the log folder ${directory} cannot be used (${code}): make it a folder that can be written to; logs wait until then`,
    );
  }
  const pages = await servePages(directory, listen, scrape);
  const address = `logs and result pages: ${pages.url} (for Prometheus: /metrics)`;
  pin(
    "pages",
    [pages.warning, address].filter((line) => line !== undefined),
  );
  if (s3 === undefined) return { pages, logs: createDirectoryLogStore({ directory, url: url ?? pages.url }) };
  const keys = () => readBucketKeys(join(workDir, "secrets", s3.secretRef.name));
  return { pages, logs: createS3LogStore({ s3, url, keys }) };
}

/** Builds run as another user, who must be able to pass through the work folder to its own; it cannot list it. */
function openToOthers(workDir: string): void {
  const { mode, uid } = statSync(workDir);
  if (uid === process.getuid?.()) chmodSync(workDir, mode | 0o711);
}

/** Where the credentials lie that pools name: open to nobody else, however carelessly they were put there. */
function closeSecrets(workDir: string): void {
  const folder = join(workDir, "secrets");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  if (uid === process.getuid?.()) chmodSync(folder, mode & 0o700);
}

const noNamespaces =
  "builds share this machine's process table, as PID namespaces are not to be had here: what a build leaves behind is found by a mark in its environment";
