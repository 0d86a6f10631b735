import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeAtomically } from "../../system/writeFile.ts";
import { isBundle } from "../programs.ts";
import { embedded } from "./embedded.ts";

/** Folder with the versions of the program of an agent. Builds can read it. */
export function installRootOf(name: string): string {
  return join("/usr/local/lib/builderpool", name);
}

/** The installation that this process runs from. Undefined in a checkout. */
export function ownInstallRoot(self = import.meta.filename): string | undefined {
  const versions = dirname(dirname(self));
  return isBundle(self) && basename(versions) === "versions" ? dirname(versions) : undefined;
}

/** Writes the bundle into a new folder. Returns the path of the program. A power cut leaves no half of it. */
export async function unpackBundle(bundle: Uint8Array, folder: string): Promise<string> {
  const program = join(folder, "agent.mjs");
  await mkdir(folder, { recursive: true });
  await writeAtomically(program, bundle, 0o755);
  return program;
}

/** Writes the programs of cells of this version into a folder. */
export async function unpackCells(folder: string): Promise<void> {
  for (const [file, text] of Object.entries(embedded)) await writeAtomically(join(folder, file), text, 0o755);
}

/** Names of the files that select a version. Each has one line. */
type VersionFile = "current" | "previous";

/** The version that a file selects. Undefined if there is none. */
export async function versionIn(root: string, file: VersionFile): Promise<string | undefined> {
  const text = await readFile(join(root, file), "utf8").catch(() => "");
  return text.trim() || undefined;
}

/** Selects a version. */
export async function selectVersion(root: string, version: string, file: VersionFile = "current"): Promise<void> {
  await writeAtomically(join(root, file), `${version}\n`);
}

/** Deletes all other versions. */
export async function keepVersions(root: string, versions: readonly (string | undefined)[]): Promise<void> {
  const folder = join(root, "versions");
  for (const name of await readdir(folder))
    if (!versions.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
}

/** The version to return to: the current one, or the one before it while the current one is on trial. */
export async function provenVersion(root: string): Promise<string | undefined> {
  return await versionIn(root, (await isOnTrial(root)) ? "previous" : "current");
}

/**
 * Selects a new version on trial. After a crash between two steps, the version before runs, without a trial. The
 * starter counts the starts in the file `trial`.
 */
export async function beginTrial(root: string, version: string): Promise<void> {
  const before = await provenVersion(root);
  await forgetUndone(root);
  if (before !== undefined) await selectVersion(root, before, "previous");
  await writeAtomically(join(root, "trial"), "");
  await selectVersion(root, version);
}

/** Forgets why an earlier update was undone. Call it when another version is chosen. */
export async function forgetUndone(root: string): Promise<void> {
  await rm(join(root, "undone"), { force: true });
}

/** Whether the current version is on trial. Without another version to return to there is no trial. */
export async function isOnTrial(root: string): Promise<boolean> {
  const hasBegun = (await readFile(join(root, "trial"), "utf8").catch(() => undefined)) !== undefined;
  const [current, previous] = [await versionIn(root, "current"), await versionIn(root, "previous")];
  return hasBegun && previous !== undefined && previous !== current;
}

/** Ends the trial: the current version stays. */
export async function passTrial(root: string): Promise<void> {
  await rm(join(root, "trial"), { force: true });
}

/** Ends the trial: the previous version returns, and says why. False without a trial. */
export async function undoUpdate(root: string, reason: string): Promise<boolean> {
  const [current, previous] = [await versionIn(root, "current"), await versionIn(root, "previous")];
  if (previous === undefined || !(await isOnTrial(root))) return false;
  await writeAtomically(join(root, "undone"), `${current} ${reason}\n`);
  await selectVersion(root, previous);
  await passTrial(root);
  return true;
}

/**
 * Why the last update was undone, a clause with its version. Undefined if it was not, or if a crash interrupted that:
 * the version then runs, and is on trial again.
 */
export async function undoneUpdate(root: string): Promise<string | undefined> {
  const text = (await readFile(join(root, "undone"), "utf8").catch(() => "")).trim();
  return text === "" || text.split(" ")[0] === (await versionIn(root, "current")) ? undefined : text;
}
