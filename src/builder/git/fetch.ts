import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  faultOf,
  isAccessRefused,
  isDiskFull,
  isElsewhere,
  isRedirected,
  MirrorFailure,
  RefusedCommit,
  refusedObject,
} from "./failure.ts";
import type { Git } from "./git.ts";
import type { AuthorizedRequest, FetchRequest, Mirrored } from "./request.ts";
import { pullRef } from "./upkeep.ts";

/** Files that make git believe in another history than the remote has. */
const falsePasts = ["shallow", "info/grafts"];

/** Updates a mirror: the branch, the head of the pull request, and all tags. Throws MirrorFailure or RefusedCommit. */
export async function update(
  git: Git,
  mirror: string,
  request: AuthorizedRequest,
  { timeoutMs, verified }: { readonly timeoutMs: number; readonly verified: Verified },
): Promise<Mirrored> {
  const { repository, branch, pull } = request;
  const falsePast = falsePasts.find((name) => existsSync(join(mirror, name)));
  if (falsePast !== undefined) throw new MirrorFailure("FetchFailed", `${mirror} has a file ${falsePast}`, "Mirror");
  const tip = tipRef(branch);
  const wanted = [`+${remoteRef(branch)}:${tip}`];
  const heads = pull === undefined ? [] : [`+refs/pull/${pull.number}/head:${pullRef(pull.number)}`];
  const url = await fetchFrom(git, mirror, request, { all: [...wanted, ...heads], without: wanted, timeoutMs });
  const commit = await git.commitOf(mirror, tip);
  if (commit === undefined) throw new MirrorFailure("FetchFailed", `${repository} has no ${branch ?? "HEAD"}`);
  if (pull !== undefined && !(await git.hasCommit(mirror, pull.commit))) {
    const args = ["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", url, pull.commit];
    const ended = await git.run(args, mirror, timeoutMs, request.access);
    const refused = refusedObject(ended.output);
    if (refused !== undefined) throw new RefusedCommit(`Git refuses an object of the pull request: ${refused}`);
    if (!(await git.hasCommit(mirror, pull.commit))) {
      throw new MirrorFailure(
        "CommitNotFound",
        `Commit ${pull.commit.slice(0, 10)} of ${repository}#${pull.number} is not on the remote: it was force-pushed away, or is not visible yet`,
      );
    }
  }
  await refuseMissingObjects(git, mirror, pull === undefined ? [commit] : [commit, pull.commit], verified);
  return { mirror, commit };
}

/** Whether the remote answers a question for the branch of a request. */
export async function remoteAnswers(git: Git, directory: string, request: AuthorizedRequest): Promise<boolean> {
  for (const url of addressesOf(request)) {
    const asked = await git.run(
      ["ls-remote", "--exit-code", "--", url, remoteRef(request.branch)],
      directory,
      request.timeoutMs,
      request.access,
    );
    if (asked.exitCode === 0) return true;
  }
  return false;
}

/**
 * The ref of a branch in the mirror. A branch `x` can become `x/y` on the remote, and its case can change. Names by
 * hash never collide, so no fetch fails because of an earlier one.
 */
function tipRef(branch: string | undefined): string {
  if (branch === undefined) return "refs/builderpool/default";
  return `refs/builderpool/branch-${createHash("sha256").update(branch).digest("hex").slice(0, 32)}`;
}

function remoteRef(branch: string | undefined): string {
  return branch === undefined ? "HEAD" : `refs/heads/${branch}`;
}

function addressesOf({ gitUrl, repository }: FetchRequest): readonly string[] {
  const base = `${gitUrl.replace(/\/+$/, "")}/${repository}`;
  return [base, `${base}.git`];
}

/**
 * Fetches all refs at once. If the pull request's ref is gone or refused, fetches only the other refs. Tags that moved
 * or vanished on the remote follow. Returns the URL that worked.
 */
async function fetchFrom(
  git: Git,
  mirror: string,
  request: AuthorizedRequest,
  refs: { readonly all: readonly string[]; readonly without: readonly string[]; readonly timeoutMs: number },
): Promise<string> {
  const { gitUrl, repository, pull } = request;
  let failure: MirrorFailure | undefined;
  for (const url of addressesOf(request)) {
    const fetch = (wanted: readonly string[]) =>
      git.run(
        [
          ...[
            "fetch",
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--quiet",
            "--force",
            "--no-recurse-submodules",
          ],
          ...[url, ...wanted, "+refs/tags/*:refs/tags/*"],
        ],
        mirror,
        refs.timeoutMs,
        request.access,
      );
    let ended = await fetch(refs.all);
    const isPullAtFault =
      /couldn't find remote ref refs\/pull/.test(ended.message) || refusedObject(ended.output) !== undefined;
    if (ended.exitCode !== 0 && pull !== undefined && isPullAtFault) {
      ended = await fetch(refs.without);
    }
    if (ended.exitCode === 0) return url;
    if (isDiskFull(ended.output)) {
      const message = `No space was left in the file system of ${mirror} to fetch ${repository}; free some, lower spec.cleanup.maxAge, or raise spec.cleanup.minFree`;
      throw new MirrorFailure("DiskFull", message);
    }
    const elsewhere = isElsewhere(ended.output) || isRedirected(ended.output);
    if (failure === undefined || !elsewhere) {
      const hint = accessHint(ended.output, request);
      const message = `${repository} could not be fetched from ${gitUrl}: ${refusedObject(ended.output) ?? ended.message}${hint === undefined ? "" : `; ${hint}`}`;
      failure = new MirrorFailure("FetchFailed", message, faultOf(ended.output, ended.exitCode));
    }
    if (!elsewhere) break;
  }
  throw failure ?? new MirrorFailure("FetchFailed", `${repository} has no address`);
}

/** What to do about a refused access, for people; undefined if the access was not refused. */
function accessHint(output: string, { access, gitSecret }: AuthorizedRequest): string | undefined {
  if (access !== undefined && isRedirected(output))
    return "git follows no redirect with a credential, so the pool must name the present address of the repository";
  if (!isAccessRefused(output)) return undefined;
  return access === undefined
    ? "a private repository needs spec.github.gitSecretRef"
    : `the server refuses the credential of the Secret "${gitSecret}" (spec.github.gitSecretRef)`;
}

/** Commits whose objects were all found in this process, by mirror. Later checks begin there. */
export type Verified = Map<string, readonly string[]>;

const mostVerified = 50;
const firstCheckLimit = 10 * 60_000;

/**
 * Git does not look whether older objects of a mirror still exist. Reads the whole history once for each process, then
 * the new part. Always reads the trees of the commits.
 */
async function refuseMissingObjects(
  git: Git,
  mirror: string,
  commits: readonly string[],
  verified: Verified,
): Promise<void> {
  const wanted = [...new Set(commits)];
  const known = verified.get(mirror) ?? [];
  const history = ["rev-list", "--objects", "--quiet", "--ignore-missing", ...wanted, "--not", ...known];
  const checks = [
    ...(wanted.every((commit) => known.includes(commit)) ? [] : [history]),
    ["rev-list", "--objects", "--quiet", "--no-walk", ...wanted],
  ];
  for (const ended of await Promise.all(checks.map((args) => git.run(args, mirror, firstCheckLimit)))) {
    if (ended.exitCode === undefined || ended.exitCode === 0) continue;
    throw new MirrorFailure("FetchFailed", `The mirror ${mirror} misses objects: ${ended.message}`, "Mirror");
  }
  verified.set(mirror, [...new Set([...wanted, ...known])].slice(0, mostVerified));
}
