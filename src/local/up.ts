import { dirname, join } from "node:path";
import type { Stored } from "../api/objects/kinds.ts";
import type { BuilderPool } from "../api/objects/pool.ts";
import { probeControlGroups } from "../builder/cells/controlGroups.ts";
import { probeIsolation } from "../builder/cells/isolation.ts";
import { createMirrors } from "../builder/git/mirrors.ts";
import { withAuthorities } from "../builder/machine/authorities.ts";
import { isolationLines } from "../builder/machine/isolationLines.ts";
import { stopLeftovers } from "../builder/machine/leftovers.ts";
import { lockWorkDir } from "../builder/machine/lock.ts";
import { openUserClaims } from "../builder/machine/userClaims.ts";
import { pendingReports } from "../core/report/post/pending.ts";
import { createGitHubs } from "../operator/githubs.ts";
import { exportMetrics } from "../operator/metrics/export.ts";
import { type Operator, startOperator } from "../operator/run.ts";
import { type EmbeddedStore, openEmbeddedStore } from "../store/embedded/embedded.ts";
import type { ObjectStore } from "../store/objectStore.ts";
import { type Cache, createCache } from "../store/watch/cache.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import { createReserve, keepReserve, type Reserve } from "../system/reserve.ts";
import { sparseEnvironment } from "../system/sparseEnvironment.ts";
import { bundledProgram } from "./cells/bundledProgram.ts";
import { type CellUsers, createCellUsers } from "./cells/cellUsers.ts";
import { freeSpace } from "./cells/freeSpace.ts";
import { refusedTrust } from "./cells/trustRule.ts";
import { createLocalCredential, createLocalGitCredentials } from "./credential.ts";
import { openLogs } from "./logs.ts";
import type { Address } from "./pages.ts";
import { remainingWorkOf } from "./pools/remainingWork.ts";
import { createWantedPools } from "./pools/wantedPools.ts";
import { prepareWorkDir } from "./workDir.ts";
import { createLocalBuilders } from "./workload/builders.ts";
import { createLocalWorkloads } from "./workload/workloads.ts";

/** Settings and ports of `startUp`. */
export interface UpOptions {
  readonly workDir: string;
  readonly pools: readonly BuilderPool[];
  /** False if some pools could not be read: then no pool is deleted. */
  readonly areAll: boolean;
  readonly token: string | undefined;
  /** Name, UID or UID:GID. When absent, root gives each builder its own user. */
  readonly cellUser: string | undefined;
  readonly listen: Address;
  readonly rechecks: boolean;
  /** Absolute path of Node. Builds must be able to enter its folder, and the folder of the cell program. */
  readonly node: string;
  /** Absolute path of the cell program. */
  readonly cellProgram: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Version of builderpool. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Shows one line to people. */
  say(line: string): void;
  /** Shows lines that stay visible until the next call with the same `about`. */
  pin(about: string, lines: readonly string[]): void;
  /** Called after every change of a pool, builder or build. */
  changed(object: Stored<"BuilderPool"> | Stored<"Builder"> | Stored<"Build">, deleted: boolean): void;
}

/** The running installation on one machine. */
export interface Up {
  readonly operator: Pick<Operator, "ended">;
  readonly pools: Cache<"BuilderPool">;
  readonly builders: Cache<"Builder">;
  readonly builds: Cache<"Build">;
  /** Returns a description of the work that `--until-idle` still waits for; undefined when all work is done. */
  stillToDo(): string | undefined;
  /** Applies the given pools; returns one line per note and change. Applies nothing if one pool is refused. */
  apply(pools: readonly BuilderPool[]): Promise<readonly string[]>;
  /**
   * Drains all builders, kills the remaining ones after `drainMs`, and shuts everything down. A second call can only
   * shorten the time.
   */
  end(drainMs: number): Promise<void>;
  /** Resolves when `end` has finished. */
  readonly ended: Promise<void>;
}

/**
 * Starts everything on one machine: lock, store, operator, builders, pages. Throws LockedError if another `up` uses the
 * work folder, and StoreError if the store cannot be opened. Throws an Error for people if the cell user is unusable or a
 * pool needs isolated builds.
 */
export async function startUp(options: UpOptions): Promise<Up> {
  const { workDir, clock, log, say } = options;
  process.umask(0o022); // builds may read files of `up` but not change them, whatever umask the shell had
  const lock = lockWorkDir(workDir);
  prepareWorkDir(workDir);
  const { usersOf, git, reserved } = await chooseCellUsers(options);
  const refusalsOf = (pools: readonly BuilderPool[]) => (usersOf === undefined ? refusedTrust(pools) : []);
  const [refusal] = refusalsOf(options.pools);
  if (refusal !== undefined) throw new Error(refusal);
  await stopOldProcesses(options, reserved);

  const reserve = await freeDisk(options, usersOf);

  const stop = new AbortController();
  const environment = sparseEnvironment(withAuthorities(options.environment, workDir));
  const cellProgram = bundledProgram({
    ...options,
    program: options.cellProgram,
    folder: join(workDir, "programs"),
    environment,
  });
  const isolation = await probeIsolation(environment);
  const groups = probeControlGroups();
  for (const line of isolationLines(isolation, usersOf !== undefined)) say(line);
  const store = openStore(options, reserve);
  void keepReserve(reserve, clock, stop.signal);
  const githubs = createGitHubs({
    clock,
    log,
    credential: (pool) => createLocalCredential(pool, workDir, options.token),
  });
  const wanted = createWantedPools(store, options);
  const caches = await openCaches(store, options.changed, wanted.recreate, stop.signal);
  const scrape = () => exportMetrics({ ...caches.objects(), budgets: githubs.budgets(), now: clock.now() });
  // The store has the pools of the files only after the first apply.
  const declared = () => (caches.pools.list().length > 0 ? caches.pools.list() : options.pools);
  const logs = await openLogs(options, declared, scrape);
  const mirrors = createMirrors({
    directory: join(workDir, "mirrors"),
    clock,
    log,
    environment,
    credentials: createLocalGitCredentials(workDir),
    user: git,
    signal: stop.signal,
  });
  const versions = { builderpool: options.version };
  const start = createLocalBuilders({
    ...options,
    cellProgram: await cellProgram,
    sweeper: join(dirname(options.cellProgram), "sweep.ts"),
    store,
    logsOf: logs.of,
    mirrors,
    environment,
    isolation,
    groups: typeof groups === "string" ? undefined : groups,
    usersOf,
    versions,
  });
  const workloads = createLocalWorkloads({ clock, log, start });

  for (const line of wanted.newNotesOf(options.pools)) say(line);
  for (const line of await wanted.apply(options.pools, options.areAll)) say(line);
  const operator = startOperator(
    { store, workloads, logs, clock, log, rechecks: options.rechecks, github: githubs.of },
    stop.signal,
  );

  const unreported = () => pendingReports(caches.objects());
  async function shutDown(drained: Promise<void>): Promise<void> {
    await drained;
    await waitForReports(() => unreported().length === 0, clock);
    stop.abort();
    await operator.ended;
    await logs.pages.close();
    store.close();
    lock.release();
  }

  return {
    operator,
    pools: caches.pools,
    builders: caches.builders,
    builds: caches.builds,
    stillToDo: () => remainingWorkOf({ ...caches.objects(), listed: operator.isSettled(), unreported: unreported() }),
    async apply(pools) {
      const refusals = refusalsOf(pools);
      if (refusals.length > 0) return refusals;
      return [...wanted.newNotesOf(pools), ...(await wanted.apply(pools, true))];
    },
    ...createEnd(workloads.close, shutDown),
  };
}

/** Decides as which user builds run, and shows the consequence to people. Pins it if builds share our user. */
async function chooseCellUsers(options: UpOptions): Promise<CellUsers> {
  const { workDir, cellUser, cellProgram, node, token, pin, say } = options;
  const mustReach = [cellProgram, node];
  const claims = process.getuid?.() === 0 ? await openUserClaims() : undefined;
  const users = await createCellUsers(cellUser, join(workDir, "builders"), mustReach, token !== undefined, claims);
  if (users.usersOf === undefined) pin("users", [users.meaning]);
  else say(users.meaning);
  return users;
}

/** Stops cells that an earlier `up` left running. Must run before the first new process starts. */
async function stopOldProcesses({ workDir, say }: UpOptions, users: CellUsers["reserved"]): Promise<void> {
  const count = await stopLeftovers(workDir, users);
  if (count > 0) say(`stopped ${count} processes left over from an earlier \`up\``);
}

/** Frees space on an almost full disk, so that the store opens. Must run before anything else writes. */
async function freeDisk(options: UpOptions, usersOf: CellUsers["usersOf"]): Promise<Reserve> {
  const reserve = createReserve(join(options.workDir, "reserve"));
  const environment = sparseEnvironment(options.environment);
  for (const line of await freeSpace({ ...options, environment, usersOf, isShort: reserve.isShort })) options.say(line);
  if (reserve.isShort()) reserve.release();
  return reserve;
}

/**
 * Opens the store, and pins the reason while its file does not accept writes. A full disk first takes the reserve.
 */
function openStore({ workDir, clock, log, pin, say }: UpOptions, reserve: Reserve): EmbeddedStore {
  const file = join(workDir, "store.db");
  const onTrouble = (sentence: string | undefined) => {
    pin("store", sentence === undefined ? [] : [`${sentence}; no new work starts until then`]);
    if (sentence === undefined) say(`store file ${file} accepts writes again`);
  };
  const free = () => {
    const isFreed = reserve.isShort() && reserve.release();
    if (isFreed) log.warn({ file }, "the disk is full, so the reserve for the store is released");
    return isFreed;
  };
  return openEmbeddedStore({ file, clock, log, onTrouble, free });
}

/** Opens a cache per kind and waits until all are complete. */
async function openCaches(
  store: ObjectStore,
  changed: UpOptions["changed"],
  onPoolDeleted: (pool: BuilderPool) => void,
  signal: AbortSignal,
) {
  const open = <K extends "BuilderPool" | "Builder" | "Build">(kind: K) =>
    createCache(store, kind, {
      signal,
      onChange({ type, object }) {
        changed(object, type === "Deleted");
        if (type === "Deleted" && object.kind === "BuilderPool") onPoolDeleted(object);
      },
    });
  const [pools, builders, builds] = [open("BuilderPool"), open("Builder"), open("Build")];
  await Promise.all([pools.synced, builders.synced, builds.synced]);
  const objects = () => ({ pools: pools.list(), builders: builders.list(), builds: builds.list() });
  return { pools, builders, builds, objects };
}

/** Creates `Up.end`: each call passes its time limit to `drain`; only the first call shuts down. */
function createEnd(
  drain: (drainMs: number) => Promise<void>,
  shutDown: (drained: Promise<void>) => Promise<void>,
): Pick<Up, "end" | "ended"> {
  const ended = Promise.withResolvers<void>();
  let isEnding = false;
  return {
    ended: ended.promise,
    async end(drainMs) {
      const drained = drain(drainMs);
      if (!isEnding) shutDown(drained).then(ended.resolve, ended.reject);
      isEnding = true;
      await ended.promise;
    },
  };
}

/** Waits up to 5 s for the reporter to send the last statuses to GitHub. The next `up` sends the rest. */
async function waitForReports(isDone: () => boolean, clock: Clock): Promise<void> {
  for (let waited = 0; waited < 5_000 && !isDone(); waited += 200) await clock.sleep(200);
}
