import { randomBytes } from "node:crypto";
import { lstat, rmdir } from "node:fs/promises";
import { type AreasWorld, applySteps, observeAreas, openArea, pathOf } from "./apply.ts";
import { type AreaName, planAreas } from "./plan.ts";

/** A work area that no order uses. */
export interface ParkedArea extends AreaName {
  /** End of its last order, milliseconds since 1970. */
  readonly lastUsed: number;
}

/**
 * Work areas of pull requests. The running order sees its own work area, and no other: every other one is parked in a
 * folder that only the builder can enter. The path of a work area is the same in every order, because aliBuild writes
 * absolute paths into build trees. One caller at a time.
 */
export interface Areas {
  /** Moves the work area to its place, or creates it there. Parks everything else. Resolves with its path. */
  enter(area: AreaName): Promise<string>;
  /** Parks everything, also what a crashed process left. A parked work area counts as used now. */
  leave(): Promise<void>;
  /** All parked work areas. */
  list(): Promise<readonly ParkedArea[]>;
  /** Deletes an empty work area that is in its place. False if something is left inside. */
  discard(area: AreaName): Promise<boolean>;
}

export function createAreas(world: AreasWorld): Areas {
  return {
    async enter(area) {
      await applySteps(world, planAreas(await observeAreas(world), area, freshName));
      const path = pathOf(world, "area", area);
      await openArea(world, path);
      return path;
    },
    async leave() {
      await applySteps(world, planAreas(await observeAreas(world), undefined, freshName));
    },
    async list() {
      const { parked } = await observeAreas(world);
      const directories = parked.filter(({ isDirectory }) => isDirectory);
      return await Promise.all(
        directories.map(async ({ folder, name }) => {
          const { mtimeMs } = await lstat(pathOf(world, "parked", { folder, name }));
          return { folder, name, lastUsed: mtimeMs };
        }),
      );
    },
    async discard(area) {
      try {
        await rmdir(pathOf(world, "area", area));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === "ENOENT";
      }
      return true;
    },
  };
}

function freshName(): string {
  return randomBytes(8).toString("hex");
}
