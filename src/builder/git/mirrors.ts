import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { InfrastructureReason } from "../../api/objects/reasons.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { createGit, type Git } from "./git.ts";

/** One repository to fetch. */
export interface FetchRequest {
  /** Base URL: the repository is `<gitUrl>/<repository>`, with or without `.git`. */
  readonly gitUrl: string;
  readonly repository: string;
  /** Branch to fetch. Default: the default branch of the remote. */
  readonly branch?: string;
  /** Also fetch the head of this pull request. */
  readonly pull?: { readonly number: number; readonly commit: string };
  /** Time limit of one git command. The first clone of a repository may take longer. */
  readonly timeoutMs: number;
}

/** A mirror after a fetch. */
export interface Mirrored {
  /** Absolute path of the bare repository. */
  readonly mirror: string;
  /** Commit at the tip of the branch. */
  readonly commit: string;
}

/** Bare mirrors of repositories, shared by all builders of a machine. Only builders write them. Cells read them. */
export interface Mirrors {
  /** Updates a mirror. Throws MirrorFailure, or the reason of `signal`. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<Mirrored>;
}

/** A repository could not be fetched. The message is one sentence with git's last line. */
export class MirrorFailure extends Error {
  override readonly name = "MirrorFailure";
  readonly reason: InfrastructureReason;
  /** Whether the mirror itself seems damaged. */
  readonly isDamage: boolean;
  constructor(reason: "FetchFailed" | "CommitNotFound" | "DiskFull", message: string, isDamage = false) {
    super(message);
    this.reason = reason;
    this.isDamage = isDamage;
  }
}

const cloneLimit = 60 * 60_000;
const repackLimit = 10 * 60_000;
/** Every fetch of new objects adds a pack, so packs are joined after this number of fetches. */
const repackEvery = 50;
/** Signs of a damaged mirror. Only one fetch writes a mirror, so an existing lock file comes from a killed git. */
const damaged =
  /\.lock': File exists|corrupt|bad object|object file .* is empty|unable to read|missing (blob|tree|commit)|inflate|bad packed|did not send all necessary objects/i;
const diskFull = /No space left on device|Disk quota exceeded|Out of diskspace/;
const noSuchRepository = /not found|does not exist|does not appear to be a git repository|repository '.*' not/i;

interface Options {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Environment of git, such as PATH and proxies. The hardening settings of git.ts come on top. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops every running git command. */
  readonly signal: AbortSignal;
}

/**
 * Mirrors in `<directory>/<owner>/<repo>.git`. Use one instance per machine: its queues are the lock between the
 * builders.
 */
export function createMirrors(options: Options): Mirrors {
  const git = createGit(options);
  const fetches = new Map<string, number>();
  const queues = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<Mirrored>>();

  /** Fetches one repository at a time. Equal requests share one fetch as long as it has not started. */
  function enqueue(request: FetchRequest): Promise<Mirrored> {
    const key = JSON.stringify([request.gitUrl, request.repository, request.branch, request.pull]);
    const shared = waiting.get(key);
    if (shared !== undefined) return shared;
    const before = queues.get(request.repository) ?? Promise.resolve();
    const result = before.then(() => {
      waiting.delete(key);
      return fetchOrClone(git, options, request);
    });
    const count = (fetches.get(request.repository) ?? 0) + 1;
    fetches.set(request.repository, count);
    waiting.set(key, result);
    queues.set(
      request.repository,
      result
        .then(({ mirror }) => (count % repackEvery === 0 ? repack(git, options.log, mirror) : undefined))
        .catch(() => {}),
    );
    return result;
  }

  return {
    async fetch(request, signal) {
      signal.throwIfAborted();
      const result = enqueue(request);
      result.catch(() => {}); // The caller may stop waiting before the fetch fails.
      const abandoned = Promise.withResolvers<never>();
      const abandon = () => abandoned.reject(signal.reason);
      signal.addEventListener("abort", abandon, { once: true });
      try {
        return await Promise.race([result, abandoned.promise]);
      } finally {
        signal.removeEventListener("abort", abandon);
      }
    },
  };
}

async function fetchOrClone(git: Git, options: Options, request: FetchRequest): Promise<Mirrored> {
  const mirror = join(options.directory, `${request.repository}.git`);
  if (!existsSync(mirror)) return clone(git, mirror, request);
  try {
    if (!(await git.isRepository(mirror))) throw new MirrorFailure("FetchFailed", `${mirror} is no repository`, true);
    return await update(git, mirror, request, request.timeoutMs);
  } catch (error) {
    if (!(error instanceof MirrorFailure) || !error.isDamage) throw error;
    options.log.warn(
      { repository: request.repository, error: error.message },
      "the mirror is damaged; cloning the repository again",
    );
    return await clone(git, mirror, request);
  } finally {
    await removePartialPacks(mirror);
  }
}

/** A killed fetch leaves a partial pack. Git never resumes it, so it only takes space. */
async function removePartialPacks(mirror: string): Promise<void> {
  const packs = join(mirror, "objects/pack");
  const partial = (await readdir(packs).catch(() => [])).filter((name) => /^(tmp_|\.tmp-)/.test(name));
  for (const name of partial) await rm(join(packs, name), { force: true });
}

/**
 * Clones beside the mirror and renames at the end. Work trees may still borrow objects from a damaged mirror until
 * then.
 */
async function clone(git: Git, mirror: string, request: FetchRequest): Promise<Mirrored> {
  const fresh = `${mirror}.new`;
  const old = `${mirror}.old`;
  await rm(fresh, { recursive: true, force: true });
  await rm(old, { recursive: true, force: true });
  await mkdir(dirname(mirror), { recursive: true });
  const made = await git.run(["init", "--quiet", "--bare", "--shared=0644", fresh], dirname(mirror));
  if (made.exitCode !== 0) throw new MirrorFailure("FetchFailed", `${mirror} could not be created: ${made.message}`);
  const { commit } = await update(git, fresh, request, Math.max(request.timeoutMs, cloneLimit));
  if (existsSync(mirror)) await rename(mirror, old);
  await rename(fresh, mirror);
  await rm(old, { recursive: true, force: true });
  return { mirror, commit };
}

/**
 * Joins small packs. Unlike `git gc`, this deletes no object, so work trees that borrow from the mirror stay complete.
 */
async function repack(git: Git, log: Log, mirror: string): Promise<void> {
  const ended = await git.run(["repack", "--geometric=2", "-d", "--quiet"], mirror, repackLimit);
  if (ended.exitCode !== 0)
    log.warn({ mirror, error: ended.message }, "cannot join the packs of a mirror; the next repack retries");
}

async function update(git: Git, mirror: string, request: FetchRequest, timeoutMs: number): Promise<Mirrored> {
  const { repository, branch, pull } = request;
  const tip = branch === undefined ? "refs/remote-head" : `refs/heads/${branch}`;
  const wanted = [`+${branch === undefined ? "HEAD" : tip}:${tip}`];
  const head = pull && `refs/pull/${pull.number}/head`;
  const url = await fetchFrom(
    git,
    mirror,
    request,
    [...wanted, ...(head ? [`+${head}:${head}`] : [])],
    wanted,
    timeoutMs,
  );
  const commit = await git.commitOf(mirror, tip);
  if (commit === undefined) throw new MirrorFailure("FetchFailed", `${repository} has no ${branch ?? "HEAD"}`);
  if (pull !== undefined && !(await git.hasCommit(mirror, pull.commit))) {
    await git.run(["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", url, pull.commit], mirror, timeoutMs);
    if (!(await git.hasCommit(mirror, pull.commit))) {
      throw new MirrorFailure(
        "CommitNotFound",
        `Commit ${pull.commit.slice(0, 10)} of ${repository}#${pull.number} is not on the remote: it was force-pushed away, or is not visible yet`,
      );
    }
  }
  return { mirror, commit };
}

/**
 * Fetches all refs at once. If the pull request's ref is gone, fetches only the other refs. Returns the URL that
 * worked.
 */
async function fetchFrom(
  git: Git,
  mirror: string,
  { gitUrl, repository, pull }: FetchRequest,
  all: readonly string[],
  without: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const base = `${gitUrl.replace(/\/+$/, "")}/${repository}`;
  let failure = "";
  let isDamage = false;
  for (const url of [base, `${base}.git`]) {
    const fetch = (refs: readonly string[]) =>
      git.run(["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", "--force", url, ...refs], mirror, timeoutMs);
    let ended = await fetch(all);
    if (ended.exitCode !== 0 && pull !== undefined && /couldn't find remote ref refs\/pull/.test(ended.message)) {
      ended = await fetch(without);
    }
    if (ended.exitCode === 0) return url;
    if (diskFull.test(ended.output)) {
      const message = `No space was left in the file system of ${mirror} to fetch ${repository}; free some, lower spec.cleanup.maxAge, or raise spec.cleanup.minFree`;
      throw new MirrorFailure("DiskFull", message);
    }
    const isElsewhere = noSuchRepository.test(ended.output);
    if (failure === "" || !isElsewhere) failure = ended.message;
    isDamage = damaged.test(ended.output);
    if (!isElsewhere) break;
  }
  throw new MirrorFailure("FetchFailed", `${repository} could not be fetched from ${gitUrl}: ${failure}`, isDamage);
}
