import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Build } from "../../api/objects/build.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { formatDuration, milliseconds } from "../../api/values/duration.ts";
import { verdictsOf } from "../../core/build/verdicts.ts";
import { fullLogName, resultName, resultPageName } from "../../core/report/log/paths.ts";
import { LogStoreAnswer } from "../../logs/stores/send.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { parseJson } from "../../system/parseJson.ts";
import { createTimedWake } from "../../system/wake.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import type { BuilderWorld } from "../world.ts";

/** The attempt of a log, and the log's directory in the log store. */
const Entry = z.object({ build: z.string(), attempt: z.int(), directory: z.string() });
export type Entry = z.infer<typeof Entry>;

/** File names of an entry. The full log is the head followed by the body. */
export const entryFiles = { head: "head.txt", body: "body.txt", page: resultPageName, result: resultName } as const;

/**
 * Queue of logs for the log store. A log stays on the work volume until its upload succeeds and the Build records it,
 * also after restarts. So an outage of the log store delays no verdict and loses no log.
 */
export interface Outbox {
  /** Creates an empty folder for the files of an attempt. */
  begin(name: string): Promise<string>;
  /** Marks the files in a folder complete, and starts their upload. */
  send(folder: string, entry: Entry): Promise<void>;
  /**
   * Whether the files are uploaded. Waits at most `ms` milliseconds, until the first attempt ends or the entry is
   * dropped.
   */
  arrived(folder: string, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Deletes an entry and its files. */
  drop(folder: string): Promise<void>;
  /** Checks all entries again now, for example after a verdict. */
  checkNow(): void;
  /** Uploads entries until `signal` aborts. Retries failed uploads. */
  run(signal: AbortSignal): Promise<void>;
}

/** Time limit of one upload. Logs are large and stores can be slow. */
const uploadLimit = milliseconds("10m");
const backoff = { firstMs: 5_000, maxMs: 5 * 60_000 };
const entryName = "entry.json";

/** `onBlocked` is called with the reason why logs wait, one sentence, and with undefined when no log waits. */
export function createOutbox(
  world: BuilderWorld,
  root: string,
  onBlocked: (sentence: string | undefined) => void,
): Outbox {
  const { clock, log, name: builder } = world;
  const wake = createTimedWake(clock);
  const sent = new Map<string, PromiseWithResolvers<void>>();
  const inProgress = new Set<string>();
  /** Folders with a finished upload that their Build does not record yet. */
  const uploaded = new Set<string>();

  const arrival = (folder: string) => {
    const known = sent.get(folder) ?? Promise.withResolvers<void>();
    sent.set(folder, known);
    return known;
  };

  /** Uploads an entry and records it on the Build. Returns whether the entry is done. */
  async function deliver(folder: string, entry: Entry, signal: AbortSignal): Promise<boolean> {
    const state = stateOf(await world.store.get("Build", entry.build), entry, builder);
    if (state === "Superseded") return true;
    if (!uploaded.has(folder)) {
      try {
        await withinLimit(clock, upload(world, folder, entry), signal);
        uploaded.add(folder);
      } catch (error) {
        // The log service ties a log to its Build. Without the Build it never takes the log.
        const isFinal = state === "Gone" && error instanceof LogStoreAnswer && error.status === 403;
        if (!isFinal) throw new LogStoreRefusal(error);
        log.warn({ builder, build: entry.build, error: error.message }, "dropped the log of a deleted Build");
        return true;
      } finally {
        arrival(folder).resolve();
      }
    }
    if (state === "Gone") return true;
    if (state === "Open") return false;
    await retryOnConflict(world.store, "Build", entry.build, (build) => markStored(build, entry, builder), "status");
    return true;
  }

  async function forget(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    sent.get(folder)?.resolve();
    sent.delete(folder);
    uploaded.delete(folder);
  }

  /** Checks every complete entry once. Returns whether all entries are done. */
  async function checkAll(signal: AbortSignal): Promise<boolean> {
    let isDone = true;
    let lastRefusal: LogStoreRefusal | undefined;
    for (const name of await readdir(root)) {
      if (signal.aborted) return true;
      const folder = join(root, name);
      if (inProgress.has(folder)) continue;
      const entry = await readEntry(folder);
      try {
        if (entry === undefined || (await deliver(folder, entry, signal))) await forget(folder);
        else isDone = false;
      } catch (error) {
        isDone = false;
        if (error instanceof LogStoreRefusal) lastRefusal = error;
        log.warn({ builder, build: entry?.build, error: String(error) }, "a log is kept here and sent again later");
      }
    }
    if (!signal.aborted) onBlocked(lastRefusal?.message);
    return isDone;
  }

  return {
    async begin(name) {
      const folder = join(root, name);
      inProgress.add(folder);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      return folder;
    },
    async send(folder, entry) {
      await writeAtomically(join(folder, entryName), JSON.stringify(entry));
      arrival(folder);
      inProgress.delete(folder);
      wake.ring();
    },
    async arrived(folder, ms, signal) {
      const over = new AbortController();
      const waiting = clock.sleep(ms, AbortSignal.any([over.signal, signal])).catch(() => {});
      await Promise.race([arrival(folder).promise, waiting]);
      over.abort();
      return uploaded.has(folder);
    },
    async drop(folder) {
      await forget(folder);
      inProgress.delete(folder);
    },
    checkNow: () => wake.ring(),
    async run(signal) {
      for (let failures = 0; !signal.aborted; ) {
        const isDone = await checkAll(signal);
        failures = isDone ? 0 : failures + 1;
        await wake.sleep(isDone ? 2 ** 30 : backoffDelay(backoff, failures), signal);
      }
    },
  };
}

/** The log store refused an upload, or did not answer. */
class LogStoreRefusal extends Error {
  override readonly name = "LogStoreRefusal";
  constructor(cause: unknown) {
    super(`The log store takes no logs (${messageOf(cause)}), so they wait on this machine and are sent again`, {
      cause,
    });
  }
}

/**
 * The state of an entry's attempt. Open: the attempt still runs. Accepted: its verdict is the latest on its commit. The
 * verdict of an earlier commit may still wait for its publication. Gone: the Build was deleted, but GitHub may link to
 * the log. Superseded: another attempt at the commit replaced it, or its verdict was refused. Then the log store
 * directory may belong to another attempt.
 */
function stateOf(
  build: Build | undefined,
  { attempt, directory }: Entry,
  builder: string,
): "Open" | "Accepted" | "Gone" | "Superseded" {
  if (build === undefined) return "Gone";
  const { claim } = build.status ?? {};
  const verdicts = verdictsOf(build);
  const own = verdicts.find((one) => one.attempt === attempt && one.builder === builder);
  if (own?.log?.path.startsWith(`${directory}/`) && verdicts.find(({ commit }) => commit === own.commit) === own)
    return "Accepted";
  return claim?.attempt === attempt && claim.builder === builder ? "Open" : "Superseded";
}

/** Marks the latest verdict alone: the history of a Build never changes. */
function markStored<B extends Build>(build: B, { attempt }: Entry, builder: string): B | undefined {
  const { status } = build;
  const { verdict } = status ?? {};
  if (status === undefined || verdict?.log === undefined || verdict.log.stored) return undefined;
  if (verdict.attempt !== attempt || verdict.builder !== builder) return undefined;
  return { ...build, status: { ...status, verdict: { ...verdict, log: { ...verdict.log, stored: true } } } };
}

/** Uploads the result page last, so its link to the full log always works. */
async function upload({ logs }: BuilderWorld, folder: string, { directory }: Entry): Promise<void> {
  const body = concatenated([join(folder, entryFiles.head), join(folder, entryFiles.body)]);
  await logs.put(`${directory}/${fullLogName}`, body, "text/plain; charset=utf-8");
  // A builder of an earlier version left entries without this file.
  const result = await readFile(join(folder, entryFiles.result)).catch(() => undefined);
  if (result !== undefined) await logs.put(`${directory}/${resultName}`, result, "application/json");
  const page = await readFile(join(folder, entryFiles.page));
  await logs.put(`${directory}/${resultPageName}`, page, "text/html; charset=utf-8");
}

async function* concatenated(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* createReadStream(path);
}

/** Rejects when the upload takes longer than its limit, or when `signal` aborts. */
async function withinLimit(clock: Clock, uploading: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const limit = clock.sleep(uploadLimit, AbortSignal.any([over.signal, signal])).then(() => {
    throw new Error(`the upload did not finish within ${formatDuration(uploadLimit)}`);
  });
  limit.catch(() => {});
  uploading.catch(() => {});
  try {
    await Promise.race([uploading, limit]);
  } finally {
    over.abort();
  }
}

/** Undefined for a folder left incomplete by an earlier process. */
async function readEntry(folder: string): Promise<Entry | undefined> {
  const text = await readFile(join(folder, entryName), "utf8").catch(() => "");
  return Entry.safeParse(parseJson(text)).data;
}
