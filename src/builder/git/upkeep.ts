import { readFile, rename, writeFile } from "node:fs/promises";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Git } from "./git.ts";

const day = 86_400_000;
const repackLimit = 10 * 60_000;
/** Refs of pull requests without a build for this time are deleted. */
const unusedFor = 3 * day;
/** Least time between two repacks of the whole mirror. */
const fullRepackEvery = day;
/** Refs from the time when the mirror used the names of the remote. Nothing reads them any more. */
const oldRefs = ["refs/heads", "refs/pull", "refs/remote-head"];
const pulls = "refs/builderpool/pull-";

/** The ref of a pull request in a mirror. */
export function pullRef(number: number): string {
  return `${pulls}${number}`;
}

interface Record {
  /** Time of the last request by number of the pull request, milliseconds since 1970. */
  readonly pulls: { readonly [number: string]: number };
  /** Time of the last repack of the whole mirror. */
  readonly repacked: number;
}

/** Notes that a pull request is being built, so that its ref stays. */
export async function recordPull(mirror: string, number: number, clock: Clock): Promise<void> {
  const record = await readRecord(mirror);
  await writeRecord(mirror, { ...record, pulls: { ...record.pulls, [number]: clock.now() } });
}

/**
 * Deletes refs of pull requests without a recent build, and joins packs. Once a day the objects that no ref needs are
 * deleted if they are older than three days. No build runs that long, so work trees that borrow from the mirror stay
 * complete.
 */
export async function upkeep(git: Git, clock: Clock, log: Log, mirror: string): Promise<void> {
  const now = clock.now();
  const record = await readRecord(mirror);
  const isUsed = (number: string) => (record.pulls[number] ?? 0) > now - unusedFor;
  const refs = await git.run(["for-each-ref", "--format=%(refname)", `${pulls}*`, ...oldRefs], mirror);
  const stale = refs.stdout
    .split("\n")
    .filter((name) => name !== "" && !(name.startsWith(pulls) && isUsed(name.slice(pulls.length))));
  for (const name of stale) await git.run(["update-ref", "-d", name], mirror);
  const isFull = now - record.repacked >= fullRepackEvery;
  const args = isFull
    ? ["-d", "--cruft", `--cruft-expiration=${new Date(now - unusedFor).toISOString()}`]
    : ["--geometric=2", "-d"];
  const ended = await git.run(["-c", "pack.threads=1", "repack", "--quiet", ...args], mirror, repackLimit);
  if (ended.exitCode !== 0)
    log.warn({ mirror, error: ended.message }, "cannot join the packs of a mirror; the next repack retries");
  const used = Object.fromEntries(Object.entries(record.pulls).filter(([number]) => isUsed(number)));
  await writeRecord(mirror, { pulls: used, repacked: isFull ? now : record.repacked });
}

async function readRecord(mirror: string): Promise<Record> {
  try {
    const found = JSON.parse(await readFile(pathOf(mirror), "utf8")) as Partial<Record>;
    return { pulls: found.pulls ?? {}, repacked: found.repacked ?? 0 };
  } catch {
    return { pulls: {}, repacked: 0 };
  }
}

async function writeRecord(mirror: string, record: Record): Promise<void> {
  const path = pathOf(mirror);
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
}

/** Beside the mirror: the user of git could make a link of a file inside. */
function pathOf(mirror: string): string {
  return `${mirror}.json`;
}
