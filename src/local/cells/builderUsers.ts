import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CellUser, sandboxOf } from "../../builder/config/sandbox.ts";

/** Beyond so many builders on one machine the others share the first number. */
const most = 500;

/**
 * A user for the builds of each builder, `first` and up: what one builder's builds leave behind no other's can change. A builder is known by
 * the owner of its work area, so it keeps its user over restarts and nothing has to be handed over.
 */
export function createBuilderUsers(builders: string, first: number): (builder: string) => CellUser {
  const ids = new Map<string, number>();
  const all = Array.from({ length: most }, (_, n) => first + n);

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
