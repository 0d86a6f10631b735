import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CellUser, sandboxOf } from "../../builder/config/sandbox.ts";

/** Number of user ids, and so the most builders of one machine. */
const userCount = 500;

/** The users of all builders. */
export interface BuilderUsers {
  /** Users of the builders that have a work area. */
  readonly reserved: readonly CellUser[];
  /** The user of a builder. Throws an Error for people if no id is free. */
  userOf(builder: string): CellUser;
}

/**
 * Assigns each builder its own user id from `first` upwards, so that builds of one builder cannot change files of
 * another, and never survive the kill of its processes. The owner of an existing work area determines its builder's id.
 * A builder therefore keeps its user across restarts. `claim` reports whether an id may be used.
 */
export function createBuilderUsers(
  builders: string,
  first: CellUser,
  claim: (uid: number) => boolean = () => true,
): BuilderUsers {
  const ids = new Map<string, number>();
  const all = Array.from({ length: userCount }, (_, n) => first.uid + n);
  const userFor = (uid: number) => (uid === first.uid ? first : { ...first, uid, gid: uid });

  function free(): readonly number[] {
    const taken = new Set(ids.values());
    return all.filter((id) => !taken.has(id));
  }

  for (const name of namesIn(builders)) {
    const owner = ownerOf(sandboxOf(join(builders, name)).areas);
    if (owner !== undefined && free().includes(owner) && claim(owner)) ids.set(name, owner);
  }
  return {
    reserved: [...ids.values()].map(userFor),
    userOf(builder) {
      const id = ids.get(builder) ?? free().find(claim);
      if (id === undefined)
        throw new Error(
          `builder ${builder} has no user: the ids ${first.uid} to ${first.uid + userCount - 1} are in use; choose another range with --cell-user UID`,
        );
      ids.set(builder, id);
      return userFor(id);
    },
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
