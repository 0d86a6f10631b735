import { existsSync } from "node:fs";
import { chown, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { run } from "../../system/process/run.ts";
import { type CellUser, changeOwner } from "../areas/owner.ts";
import type { GitCredentials } from "./credential.ts";
import { MirrorFailure, RefusedCommit } from "./failure.ts";
import { remoteAnswers, update, type Verified } from "./fetch.ts";
import { createGit, type Git } from "./git.ts";
import { createGitHome } from "./owner.ts";
import type { AuthorizedRequest, FetchRequest, Mirrored } from "./request.ts";
import { recordPull, upkeep } from "./upkeep.ts";

export type { Mirrored };
export { MirrorFailure, RefusedCommit };

/** Bare mirrors of repositories, shared by all builders of a machine. Only builders write them. Cells read them. */
export interface Mirrors {
  /** Updates a mirror. Throws MirrorFailure, RefusedCommit, or the reason of `signal`. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<Mirrored>;
  /**
   * Reports that a cell could not read objects of a mirror. The next fetch clones the repository again, once an hour.
   */
  distrust?(repository: string): void;
}

const cloneLimit = 60 * 60_000;
/** Every fetch of new objects adds a pack, so packs are joined after this number of fetches. */
const repackEvery = 50;
/** Least time between two clones of a repository whose mirror only seems broken. */
const recloneEvery = 60 * 60_000;

interface Options {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Environment of git, such as PATH and proxies. The hardening settings of git.ts come on top. */
  readonly environment: Readonly<Record<string, string>>;
  /** Credentials of pools with private repositories. Default: every repository is public. */
  readonly credentials?: GitCredentials;
  /**
   * User of git and owner of the mirrors. Default: the user of this process, who also reads repositories in folders of
   * this machine.
   */
  readonly user?: CellUser | undefined;
  /** Stops every running git command. */
  readonly signal: AbortSignal;
}

/**
 * Mirrors in `<directory>/<owner>/<repo>.git`. Use one instance per machine: its queues are the lock between the
 * builders.
 */
export function createMirrors(options: Options): Mirrors {
  const home = createGitHome(options.directory, options.user);
  const gits = {
    remote: { git: createGit({ ...options, directory: home }), user: options.user },
    // Git reads a folder of this machine only as its owner.
    local: { git: createGit({ ...options, directory: home, user: undefined }), user: undefined },
  };
  const fetches = new Map<string, number>();
  const queues = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<Mirrored>>();
  const cloned = new Map<string, number>();
  const distrusted = new Set<string>();
  const verified: Verified = new Map();
  const owned = new Set<string>();

  /** Fetches one repository at a time. Equal requests share one fetch as long as it has not started. */
  function enqueue(request: FetchRequest): Promise<Mirrored> {
    const key = JSON.stringify([
      ...[request.gitUrl, request.gitSecret],
      ...[request.repository, request.branch, request.pull],
    ]);
    const shared = waiting.get(key);
    if (shared !== undefined) return shared;
    // A file system that ignores case has one folder for a repository in other letters.
    const name = request.repository.toLowerCase();
    const before = queues.get(name) ?? Promise.resolve();
    const { git, user } = request.gitUrl.startsWith("file:") ? gits.local : gits.remote;
    const result = before.then(() => {
      waiting.delete(key);
      return fetchOrClone(git, { ...options, user }, { cloned, distrusted, verified, owned }, request);
    });
    const count = (fetches.get(name) ?? 0) + 1;
    fetches.set(name, count);
    waiting.set(key, result);
    queues.set(
      name,
      result
        .then(({ mirror }) => (count % repackEvery === 0 ? upkeep(git, options.clock, options.log, mirror) : undefined))
        .catch(() => {}),
    );
    return result;
  }

  return {
    distrust: (repository) => void distrusted.add(repository),
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

/** Facts about mirrors that this process found. */
interface Memory {
  /** Time of the last clone in place of a damaged mirror, by repository. */
  readonly cloned: Map<string, number>;
  readonly distrusted: Set<string>;
  readonly verified: Verified;
  /** Mirrors that belong to the user of git. */
  readonly owned: Set<string>;
}

async function fetchOrClone(
  git: Git,
  { directory, clock, log, credentials, user }: Options,
  { cloned, distrusted, verified, owned }: Memory,
  given: FetchRequest,
): Promise<Mirrored> {
  const { repository, pull, gitUrl } = given;
  const credential = await credentials?.(given);
  const request: AuthorizedRequest = { ...given, ...(credential && { access: { gitUrl, credential } }) };
  const mirror = join(directory, `${repository}.git`);
  const mayClone = clock.now() - (cloned.get(repository) ?? Number.NEGATIVE_INFINITY) >= recloneEvery;
  const recreate = async (error: string) => {
    log.warn({ repository, error }, "the mirror is damaged; cloning the repository again");
    cloned.set(repository, clock.now());
    distrusted.delete(repository);
    verified.delete(mirror);
    return await clone(git, mirror, request, user);
  };
  try {
    if (!existsSync(mirror)) return await clone(git, mirror, request, user);
    if (user !== undefined && !owned.has(mirror)) await changeOwner(mirror, user);
    if (user === undefined) owned.delete(mirror);
    else owned.add(mirror);
    if (distrusted.has(repository) && mayClone) return await recreate("a cell could not read its objects");
    if (!(await git.isRepository(mirror))) return await recreate(`${mirror} is no repository`);
    return await update(git, mirror, request, { timeoutMs: request.timeoutMs, verified });
  } catch (error) {
    if (!(error instanceof MirrorFailure) || error.fault === "Remote") throw error;
    const isMirror = error.fault === "Mirror" || (mayClone && (await remoteAnswers(git, directory, request)));
    if (!isMirror) throw error;
    return await recreate(error.message);
  } finally {
    await removePartialPacks(mirror, user);
    if (pull !== undefined && existsSync(mirror)) await recordPull(mirror, pull.number, clock);
  }
}

/** A killed fetch leaves a partial pack. Git never resumes it, so it only takes space. */
async function removePartialPacks(mirror: string, user: CellUser | undefined): Promise<void> {
  const packs = join(mirror, "objects/pack");
  const partial = (await readdir(packs).catch(() => [])).filter((name) => /^(tmp_|\.tmp-)/.test(name));
  if (partial.length === 0) return;
  await run({ command: "rm", args: ["-f", "--", ...partial], cwd: packs, env: { PATH: "/usr/bin:/bin" }, user });
}

/**
 * Clones beside the mirror and renames at the end. Work trees may still borrow objects from a damaged mirror until
 * then.
 */
async function clone(
  git: Git,
  mirror: string,
  request: AuthorizedRequest,
  user: CellUser | undefined,
): Promise<Mirrored> {
  const fresh = `${mirror}.new`;
  const old = `${mirror}.old`;
  await rm(fresh, { recursive: true, force: true });
  await rm(old, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  if (user !== undefined) await chown(fresh, user.uid, user.gid);
  const made = await git.run(["init", "--quiet", "--bare", "--shared=0644", fresh], fresh);
  if (made.exitCode !== 0) throw new MirrorFailure("FetchFailed", `${mirror} could not be created: ${made.message}`);
  const { commit } = await update(git, fresh, request, {
    timeoutMs: Math.max(request.timeoutMs, cloneLimit),
    verified: new Map(),
  });
  if (existsSync(mirror)) await rename(mirror, old);
  await rename(fresh, mirror);
  await rm(old, { recursive: true, force: true });
  return { mirror, commit };
}
