import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Build } from "../../api/objects/build.ts";
import { formatDuration, milliseconds } from "../../api/values/duration.ts";
import { fullLogName, resultPageName } from "../../core/report/log/paths.ts";
import { retryOnConflict } from "../../store/write.ts";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { parseJson } from "../../system/parseJson.ts";
import { createWake } from "../../system/wake.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import type { BuilderWorld } from "../world.ts";

/** Names the attempt a log is of, and where it belongs in the log store. */
const Entry = z.object({ build: z.string(), attempt: z.int(), directory: z.string() });
export type Entry = z.infer<typeof Entry>;

/** Names of the files of an entry. The full log is the head followed by the body. */
export const entryFiles = { head: "head.txt", body: "body.txt", page: resultPageName } as const;

/**
 * Logs on their way to the log store. They are kept on the work volume until they have arrived and the Build says so, over any number of
 * restarts: a log store that is down delays no verdict and loses no log.
 */
export interface Outbox {
  /** Makes an empty folder for the files of an attempt. */
  begin(name: string): Promise<string>;
  /** Declares the files in a folder complete, and starts to send them. */
  send(folder: string, entry: Entry): Promise<void>;
  /** Whether the files of a folder have arrived; waits at most `ms` for that, or for a first attempt that fails, or for the entry to be given up. */
  arrived(folder: string, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Gives an entry up. */
  drop(folder: string): Promise<void>;
  /** Something changed that an entry may have waited for, such as its verdict. */
  look(): void;
  run(signal: AbortSignal): Promise<void>;
}

/** A transfer may take this long: far more than any short command, for logs are large and stores slow. */
const transferLimit = milliseconds("10m");
const firstPause = 5_000;
const longestPause = 5 * 60_000;
const entryName = "entry.json";

/** `tell` hears, as a sentence, why logs wait here; undefined when none has to. */
export function createOutbox(world: BuilderWorld, root: string, tell: (sentence: string | undefined) => void): Outbox {
  const { clock, log, name: builder } = world;
  const wake = createWake(clock);
  const sent = new Map<string, PromiseWithResolvers<void>>();
  const inProgress = new Set<string>();
  /** Folders whose files the log store has, but whose Build does not say so yet. */
  const isThere = new Set<string>();

  const arrival = (folder: string) => {
    const known = sent.get(folder) ?? Promise.withResolvers<void>();
    sent.set(folder, known);
    return known;
  };

  /** Whether nothing is left to do for the entry. */
  async function deliver(folder: string, entry: Entry, signal: AbortSignal): Promise<boolean> {
    const fate = fateOf(await world.store.get("Build", entry.build), entry, builder);
    if (fate === "Void") return true;
    if (!isThere.has(folder)) {
      try {
        await limited(clock, upload(world, folder, entry), signal);
        isThere.add(folder);
      } catch (error) {
        throw new Refused(error);
      } finally {
        arrival(folder).resolve();
      }
    }
    if (fate === "Gone") return true;
    if (fate === "Open") return false;
    await retryOnConflict(world.store, "Build", entry.build, (build) => markStored(build, entry, builder), "status");
    return true;
  }

  async function forget(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    sent.get(folder)?.resolve();
    sent.delete(folder);
    isThere.delete(folder);
  }

  /** Looks at every complete entry once; resolves with whether all of them are through. */
  async function pass(signal: AbortSignal): Promise<boolean> {
    let isAllThrough = true;
    let refusal: Refused | undefined;
    for (const name of await readdir(root)) {
      if (signal.aborted) return true;
      const folder = join(root, name);
      if (inProgress.has(folder)) continue;
      const entry = await readEntry(folder);
      try {
        if (entry === undefined || (await deliver(folder, entry, signal))) await forget(folder);
        else isAllThrough = false;
      } catch (error) {
        isAllThrough = false;
        if (error instanceof Refused) refusal = error;
        log.warn({ builder, build: entry?.build, error: String(error) }, "a log is kept here and sent again later");
      }
    }
    if (!signal.aborted) tell(refusal?.message);
    return isAllThrough;
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
      return isThere.has(folder);
    },
    async drop(folder) {
      await forget(folder);
      inProgress.delete(folder);
    },
    look: () => wake.ring(),
    async run(signal) {
      for (let pause = firstPause; !signal.aborted; ) {
        const isAllThrough = await pass(signal);
        pause = isAllThrough ? firstPause : Math.min(pause * 2, longestPause);
        await wake.sleep(isAllThrough ? 2 ** 30 : pause, signal);
      }
    },
  };
}

/** The log store did not take a log. */
class Refused extends Error {
  override readonly name = "Refused";
  constructor(cause: unknown) {
    const why = messageOf(cause);
    super(`The log store takes no logs (${why}), so they wait on this machine and are sent again`, { cause });
  }
}

/**
 * Open: the attempt still runs. Given: its verdict is the last one. Gone: the pull request was closed, but a link to the log may be on
 * GitHub. Void: another attempt took its place, or no verdict was accepted; the place in the log store may be another's.
 */
function fateOf(
  build: Build | undefined,
  { attempt, directory }: Entry,
  builder: string,
): "Open" | "Given" | "Gone" | "Void" {
  if (build === undefined) return "Gone";
  const { verdict, claim } = build.status ?? {};
  const isOurs = verdict?.attempt === attempt && verdict.builder === builder;
  if (isOurs && verdict.log?.path.startsWith(`${directory}/`)) return "Given";
  return claim?.attempt === attempt && claim.builder === builder ? "Open" : "Void";
}

function markStored<B extends Build>(build: B, { attempt }: Entry, builder: string): B | undefined {
  const { status } = build;
  const { verdict } = status ?? {};
  if (status === undefined || verdict?.log === undefined || verdict.log.stored) return undefined;
  if (verdict.attempt !== attempt || verdict.builder !== builder) return undefined;
  return { ...build, status: { ...status, verdict: { ...verdict, log: { ...verdict.log, stored: true } } } };
}

/** The page goes last: who opens it finds the log it links to. */
async function upload({ logs }: BuilderWorld, folder: string, { directory }: Entry): Promise<void> {
  const body = concatenated([join(folder, entryFiles.head), join(folder, entryFiles.body)]);
  await logs.put(`${directory}/${fullLogName}`, body, "text/plain; charset=utf-8");
  const page = await readFile(join(folder, entryFiles.page));
  await logs.put(`${directory}/${resultPageName}`, page, "text/html; charset=utf-8");
}

async function* concatenated(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* createReadStream(path);
}

/** A transfer that takes too long is given up, and one that the builder does not stay for. */
async function limited(clock: Clock, transfer: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const limit = clock.sleep(transferLimit, AbortSignal.any([over.signal, signal])).then(() => {
    throw new Error(`the log store did not take the log within ${formatDuration(transferLimit)}`);
  });
  limit.catch(() => {});
  transfer.catch(() => {});
  try {
    await Promise.race([transfer, limit]);
  } finally {
    over.abort();
  }
}

/** Undefined for a folder that was not completed before the process ended. */
async function readEntry(folder: string): Promise<Entry | undefined> {
  const text = await readFile(join(folder, entryName), "utf8").catch(() => "");
  return Entry.safeParse(parseJson(text)).data;
}
