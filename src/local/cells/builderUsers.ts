import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CellUser, sandboxOf } from "../../builder/config/sandbox.ts";

/** Number of user ids. Further builders on one machine share the first id. */
const userCount = 500;

/**
 * Assigns each builder its own user id from `first` upwards, so that builds of one builder cannot change files of
 * another. The owner of an existing work area determines its builder's id. A builder therefore keeps its user across
 * restarts.
 */
export function createBuilderUsers(builders: string, first: number): (builder: string) => CellUser {
  const ids = new Map<string, number>();
  const all = Array.from({ length: userCount }, (_, n) => first + n);

  function free(): readonly number[] {
    const taken = new Set(ids.values());
    return all.filter((id) => !taken.has(id));
  }

  for (const name of namesIn(builders)) {
    const owner = ownerOf(sandboxOf(join(builders, name)).areas);
    if (owner !== undefined && free().includes(owner)) ids.set(name, owner);
  }
  return (builder) => {
    const id = ids.get(builder) ?? free()[0] ?? first;
    ids.set(builder, id);
    return { uid: id, gid: id };
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}
