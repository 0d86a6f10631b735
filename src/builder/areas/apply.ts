import { chmod, lstat, lutimes, mkdir, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { type CellUser, changeOwner } from "./owner.ts";
import type { AreaName, AreaStep, FoundAreas, FoundEntry, Place } from "./plan.ts";

export interface AreasWorld {
  readonly areas: string;
  readonly parked: string;
  /** The user of builds, the owner of work areas. Absent when builds run as the builder's user or share its group. */
  readonly owner: CellUser | undefined;
  readonly clock: Pick<Clock, "now">;
  /** Called with one sentence for each entry that cannot be parked or deleted. The entry stays. */
  report(sentence: string): void;
}

/** Folders between place and work area: only the builder writes, and the build user passes. */
const passable = 0o755;
/** Mode of a work area that belongs to the build user. */
const closed = 0o700;
/** Mode of a work area that belongs to the builder. The group of the volume writes, and new entries keep the group. */
const forGroup = 0o2770;

/** Reads the names in both places. Never enters a work area. Deletes files beside the folders of the checks. */
export async function observeAreas({ areas, parked }: Pick<AreasWorld, "areas" | "parked">): Promise<FoundAreas> {
  return { area: await entriesOf(areas), parked: await entriesOf(parked) };
}

async function entriesOf(place: string): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const folder of await readdir(place, { withFileTypes: true })) {
    const path = join(place, folder.name);
    if (!folder.isDirectory()) {
      await unlink(path);
      continue;
    }
    await chmod(path, passable); // Without root, a build runs as this user and may have closed the folder.
    for (const entry of await readdir(path, { withFileTypes: true }))
      found.push({ folder: folder.name, name: entry.name, isDirectory: entry.isDirectory() });
  }
  return found;
}

/**
 * Carries out the steps in their order. Throws the error of the system if the wanted work area cannot be had. A failure
 * with any other entry is reported.
 */
export async function applySteps(world: AreasWorld, steps: readonly AreaStep[]): Promise<void> {
  for (const step of steps) {
    if (step.step === "create") await create(world, step.entry);
    else if (step.step === "move" && step.to === "area") await move(world, step);
    else {
      const place = step.step === "move" ? step.from : step.place;
      await (step.step === "move" ? move(world, step) : unlink(pathOf(world, place, step.entry))).catch(
        (error: unknown) =>
          world.report(`${pathOf(world, place, step.entry)} cannot be moved out of the work area: ${messageOf(error)}`),
      );
    }
  }
}

/** Moves a work area. Parking sets the time of its last use. */
async function move(world: AreasWorld, step: Extract<AreaStep, { step: "move" }>): Promise<void> {
  const from = pathOf(world, step.from, step.entry);
  const now = world.clock.now() / 1000;
  await makeFolder(world, step.to, step.as.folder);
  await openArea(world, from); // A directory changes its parent only if its mover may write in it.
  if (step.to === "parked") await lutimes(from, now, now);
  await rename(from, pathOf(world, step.to, step.as));
}

async function create(world: AreasWorld, entry: AreaName): Promise<void> {
  await makeFolder(world, "area", entry.folder);
  await mkdir(pathOf(world, "area", entry));
}

async function makeFolder(world: AreasWorld, place: Place, folder: string): Promise<void> {
  const path = join(rootOf(world, place), folder);
  await mkdir(path, { recursive: true });
  await chmod(path, passable);
}

/** Gives the build user, and the builder itself, access to the top folder of a work area. */
export async function openArea({ owner }: Pick<AreasWorld, "owner">, path: string): Promise<void> {
  if (owner !== undefined) {
    await changeOwner(path, owner);
    await chmod(path, closed);
  } else if ((await lstat(path)).uid === process.getuid?.()) await chmod(path, forGroup);
}

/** The path of a work area in one of the places. */
export function pathOf(world: Pick<AreasWorld, "areas" | "parked">, place: Place, { folder, name }: AreaName): string {
  return join(rootOf(world, place), folder, name);
}

function rootOf({ areas, parked }: Pick<AreasWorld, "areas" | "parked">, place: Place): string {
  return place === "area" ? areas : parked;
}
