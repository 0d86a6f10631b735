import { existsSync } from "node:fs";
import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isReachable } from "../../builder/machine/reach.ts";
import { isCaseSensitive, keepsOwners, workPathTroubleOf } from "../../builder/machine/workFolder.ts";
import type { AgentSettings } from "../state/settings.ts";
import type { HostUsers } from "./users.ts";

/** Smallest free space in bytes. With less, not even the tools can be installed. */
const leastFree = 2e9;

/** Facts about a work folder of a host. */
export interface WorkFolderFacts {
  /** Reason why its path cannot be used, as a clause. */
  readonly trouble?: string | undefined;
  readonly isCaseSensitive: boolean;
  /** Whether the owner of a file keeps other users out. */
  readonly keepsOwners: boolean;
  /** Whether it is on the volume of macOS itself. */
  readonly isOnSystemVolume: boolean;
  readonly free: number;
  /** Users of builds that cannot enter it. */
  readonly shutOut: readonly string[];
}

/** Creates the work folder and checks it. Returns its absolute path. Throws an Error for people if it cannot be used. */
export async function prepareWorkFolder(
  wanted: string | undefined,
  users: HostUsers,
  others: readonly Pick<AgentSettings, "name" | "workDir">[] = [],
): Promise<string> {
  if (wanted === undefined)
    throw new Error("--work-dir is missing: name a folder on the disk for builds, such as /build/o2");
  const workDir = resolve(wanted);
  const trouble = workPathTroubleOf(workDir);
  if (trouble !== undefined) throw new Error(`--work-dir ${workDir}: ${trouble}`);
  const other = others.find((each) => each.workDir === workDir);
  if (other !== undefined)
    throw new Error(`--work-dir ${workDir}: agent "${other.name}" builds there; each agent needs a folder of its own`);
  await createFolder(workDir).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `--work-dir ${workDir}: the folder cannot be created (${error.code}); name a folder on a writable disk`,
    );
  });
  const refusal = workFolderRefusalOf(workDir, await factsOf(workDir, users));
  if (refusal !== undefined) throw new Error(refusal);
  return workDir;
}

/** Creates the folder and its parents. With `recursive`, Node never returns below folders such as /proc. */
async function createFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  if (dirname(path) !== path) await createFolder(dirname(path));
  await mkdir(path);
}

async function factsOf(workDir: string, { baseUser, cellUser }: HostUsers): Promise<WorkFolderFacts> {
  const { bavail, bsize } = await statfs(workDir);
  const shutOut = [baseUser, cellUser].filter((user) => !isReachable(workDir, user)).map(({ name }) => name);
  return {
    isCaseSensitive: await isCaseSensitive(workDir),
    keepsOwners: shutOut.length > 0 || (await keepsOwners(workDir, cellUser)),
    isOnSystemVolume: process.platform === "darwin" && (await isOnVolumeOf(workDir, "/System/Volumes/Data")),
    free: bavail * bsize,
    shutOut,
  };
}

async function isOnVolumeOf(path: string, volume: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(path), stat(volume).catch(() => undefined)]);
  return one.dev === other?.dev;
}

/** Returns why a host cannot build in the folder, a sentence with the next step. Undefined if it can. */
export function workFolderRefusalOf(workDir: string, facts: WorkFolderFacts): string | undefined {
  const about = `--work-dir ${workDir}:`;
  if (!facts.isCaseSensitive)
    return `${about} file names are not case-sensitive there, and packages of ALICE do not build; create a volume "APFS (Case-sensitive)" with \`diskutil apfs addVolume\`, as docs/hosts.md shows`;
  if (facts.isOnSystemVolume)
    return `${about} the folder is on the volume of the system, and a full one stops the whole machine; create a volume of its own with \`diskutil apfs addVolume\`, as docs/hosts.md shows`;
  if (!facts.keepsOwners)
    return `${about} the disk ignores the owners of files, so builds could change each other; run \`sudo diskutil enableOwnership\` with its mount point, as docs/hosts.md shows`;
  if (facts.free < leastFree)
    return `${about} only ${(facts.free / 1e9).toFixed(1)} GB are free, expected at least ${leastFree / 1e9} GB; delete files there, or name another disk`;
  const [user] = facts.shutOut;
  if (user !== undefined)
    return `${about} user ${user} cannot enter the folder; open the folders above it for other users (chmod o+x)`;
  return undefined;
}
