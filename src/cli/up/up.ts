import { join, resolve } from "node:path";
import type { Stored } from "../../api/objects/kinds.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { LockedError } from "../../builder/machine/lock.ts";
import { workPathTroubleOf } from "../../builder/machine/workFolder.ts";
import { type PoolFiles, readPoolFiles } from "../../local/pools/poolFiles.ts";
import { watchFiles } from "../../local/pools/watchFiles.ts";
import { startUp, type Up } from "../../local/up.ts";
import { isStoreError } from "../../store/error.ts";
import { systemClock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { lastingNodePath } from "../../system/nodePath.ts";
import { unevenHostsOf } from "../../system/proxy.ts";
import { droppedVariablesOf } from "../../system/sparseEnvironment.ts";
import { version } from "../../system/version.ts";
import { buildList } from "../commands/get.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { parseListen } from "../place/listen.ts";
import { waitingLine } from "./lines.ts";
import { type Show, showChanges } from "./watch.ts";

export interface UpCommandOptions {
  readonly file: readonly string[];
  readonly workDir: string;
  readonly untilIdle?: boolean;
  readonly output: "table" | "json";
  readonly cellUser?: string;
  readonly listen: string;
  readonly logLevel: "debug" | "info" | "warn" | "silent";
  readonly note?: string;
  readonly token: string | undefined;
  readonly warning: string | undefined;
}

const root = resolve(import.meta.dirname, "../../..");
const tick = 500;
/** Milliseconds for idle builders to stop. They stop within a moment. */
const idleGrace = 30_000;

/** `builderpool up`: runs everything on this machine until a signal, or with `--until-idle` until no work is left. */
export async function upCommand(options: UpCommandOptions): Promise<void> {
  const trouble = workPathTroubleOf(options.workDir);
  if (trouble !== undefined) throw new CommandError(exitCodes.usage, `work folder ${options.workDir}: ${trouble}`);
  const files = await readPoolFiles(options.file);
  const isJson = options.untilIdle === true && options.output === "json";
  if (files.pools.length === 0)
    throw new CommandError(exitCodes.usage, `nothing to run:\n${files.problems.join("\n")}`);
  const show = showChanges(isJson ? process.stderr : process.stdout, systemClock);
  show.pin(
    "start",
    [options.note, options.warning].filter((line) => line !== undefined),
  );
  show.pin("files", files.problems);
  for (const note of [...files.notes, ...droppedVariablesOf(process.env), ...unevenHostsOf(process.env)])
    show.say(note);

  const stopping = new AbortController();
  const signals = endOnSignals(show, stopping);
  const up = await start(options, files, show).catch((error) => {
    signals.close();
    throw error;
  });
  signals.started(up);
  const followed = followFiles(options.file, up, show, stopping.signal);
  try {
    await Promise.race([up.operator.ended, untilEnd(up, show, stopping.signal, options.untilIdle === true)]);
    show.ending();
    if (!stopping.signal.aborted) await up.end(idleGrace);
    await up.ended;
    if (options.untilIdle !== true) show.say("stopped; the next `up` continues from here");
  } finally {
    stopping.abort();
    signals.close();
    await followed;
    show.close();
  }
  if (isJson) process.stdout.write(`${buildList(up.builds.list(), "json", systemClock.now())}\n`);
  else if (options.untilIdle) process.stdout.write(`\n${buildList(up.builds.list(), "table", systemClock.now())}\n`);
}

async function start(options: UpCommandOptions, { pools, problems }: PoolFiles, show: Show): Promise<Up> {
  const { workDir, token, cellUser, logLevel } = options;
  try {
    return await startUp({
      workDir,
      token,
      cellUser,
      pools,
      areAll: problems.length === 0,
      version,
      listen: parseListen(options.listen),
      rechecks: options.untilIdle !== true,
      node: lastingNodePath(process.execPath),
      cellProgram: join(root, "src/cell/main.ts"),
      environment: process.env,
      clock: systemClock,
      log: createLog({ level: logLevel, destination: join(workDir, "builderpool.log") }),
      say: show.say,
      pin: show.pin,
      changed: (object, deleted) => (deleted ? show.gone(object.kind, object.metadata.name) : showObject(show, object)),
    });
  } catch (error) {
    show.close();
    throw error instanceof LockedError ? new CommandError(exitCodes.locked, error.message) : error;
  }
}

function showObject(show: Show, object: Stored<"BuilderPool"> | Stored<"Builder"> | Stored<"Build">): void {
  if (object.kind === "BuilderPool") show.pool(object);
  else if (object.kind === "Builder") show.builder(object);
  else show.build(object);
}

/**
 * The first signal drains, the second stops at once. A signal during the start lets the start end first, because a kill
 * in its middle leaves folders for the next start to clean. A closed terminal sends SIGHUP twice, so a second SIGHUP is
 * ignored.
 */
function endOnSignals(show: Show, stopping: AbortController): { started(up: Up): void; close(): void } {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let running: Up | undefined;
  const end = (signal: NodeJS.Signals) => {
    const again = stopping.signal.aborted;
    if (again && signal === "SIGHUP") return;
    show.say(sentenceOf(again, running));
    stopping.abort();
    if (running !== undefined) endPools(running, again);
    else if (again) process.exit(exitCodes.failed);
  };
  const endPools = (up: Up, atOnce: boolean) => {
    show.ending();
    const drainMs = up.pools.list().map(({ spec }) => milliseconds(spec.update.drainTimeout));
    void up.end(atOnce ? 0 : Math.max(0, ...drainMs));
  };
  for (const signal of signals) process.on(signal, end);
  return {
    started(up) {
      running = up;
      if (stopping.signal.aborted) endPools(up, true);
    },
    close() {
      for (const signal of signals) process.off(signal, end);
    },
  };
}

function sentenceOf(again: boolean, running: Up | undefined): string {
  if (again) return "stopping at once; the next `up` repeats the stopped builds";
  return running === undefined
    ? "stopping as soon as the start has ended; a second signal stops at once"
    : "draining: running builds end first; a second signal stops at once";
}

/**
 * Resolves when `stop` aborts, or when two checks in a row find no work left. Reports the remaining work every 60
 * checks.
 */
async function untilEnd(up: Up, show: Show, stop: AbortSignal, untilIdle: boolean): Promise<void> {
  let quiet = 0;
  for (let looks = 1; !stop.aborted && quiet < 2; looks += 1) {
    await systemClock.sleep(tick, stop).catch(() => {});
    const left = untilIdle ? up.stillToDo() : "runs until it is stopped";
    quiet = left === undefined ? quiet + 1 : 0;
    if (untilIdle && left !== undefined && looks % 60 === 0)
      show.say(waitingLine(left, objectsOf(up), systemClock.now()));
  }
}

function objectsOf(up: Up): Parameters<typeof waitingLine>[1] {
  return { pools: up.pools.list(), builders: up.builders.list(), builds: up.builds.list() };
}

/** Applies edited files at once, like `kubectl apply`. Reports a broken file and applies nothing. */
async function followFiles(paths: readonly string[], up: Up, show: Show, stop: AbortSignal): Promise<void> {
  await watchFiles(paths, systemClock, stop, async () => {
    const { pools, problems } = await readPoolFiles(paths);
    const refusal = "the files were changed but not applied; correct them and save again";
    show.pin("files", problems.length > 0 ? [...problems, refusal] : []);
    return problems.length > 0 || (await applied(up, pools, show));
  });
}

/** Whether the store has the new pools. False while the store cannot be written. Another part reports that. */
async function applied(up: Up, pools: readonly BuilderPool[], show: Show): Promise<boolean> {
  try {
    for (const line of await up.apply(pools)) show.say(line);
    return true;
  } catch (error) {
    if (isStoreError(error, "Unavailable")) return false;
    throw error;
  }
}
