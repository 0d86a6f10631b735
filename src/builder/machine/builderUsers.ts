import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CellUser } from "../areas/owner.ts";
import { sandboxOf } from "../config/sandbox.ts";

/** Number of user ids in a range, and so the most builders of one machine. */
const userCount = 500;

/** The users of the two cells of a builder. */
export interface BuilderUsers {
  /** User of the cell that builds pull requests. */
  readonly build: CellUser;
  /** User of the cell that builds base branches and installs tools. */
  readonly base: CellUser;
}

/** The users of all builders. */
export interface AllBuilderUsers {
  /** Users of the builders that have a sandbox. */
  readonly reserved: readonly CellUser[];
  /** The users of a builder. Throws an Error for people if no id is free. */
  usersOf(builder: string): BuilderUsers;
}

/**
 * Assigns each builder two user ids of its own, one from each range. Builds of one builder then cannot change files of
 * another builder or of the base, and never survive the kill of their processes. The owners of existing folders
 * determine the ids of their builder. A builder therefore keeps its users across restarts. `claim` reports whether an
 * id may be used.
 */
export function createBuilderUsers(
  builders: string,
  first: BuilderUsers,
  claim: (uid: number) => boolean = () => true,
): AllBuilderUsers {
  const build = createRange(first.build, claim, "--cell-user UID");
  const base = createRange(first.base, claim, "--cell-user UID, 1000 below the range of base branches");
  for (const name of namesIn(builders)) {
    const { home, tools } = sandboxOf(join(builders, name));
    build.keep(name, ownerOf(home));
    base.keep(name, ownerOf(tools));
  }
  return {
    reserved: [...build.reserved(), ...base.reserved()],
    usersOf: (builder) => ({ build: build.userOf(builder), base: base.userOf(builder) }),
  };
}

/**
 * Assigns the user that fetches repositories, from the range above the one of base branches. Authors write the bytes
 * that git reads there. The owner of the HOME of git keeps its id across restarts.
 */
export function gitUserOf(home: string, base: CellUser, claim: (uid: number) => boolean = () => true): CellUser {
  const uid = base.uid + userCount;
  const range = createRange({ ...base, uid, gid: uid }, claim, "--cell-user UID");
  range.keep("git", ownerOf(home));
  return range.userOf("git");
}

/** The users of one kind of cell. */
interface Range {
  reserved(): readonly CellUser[];
  /** Gives a builder the id `owner` if the id belongs to the range and is free. */
  keep(builder: string, owner: number | undefined): void;
  userOf(builder: string): CellUser;
}

function createRange(first: CellUser, claim: (uid: number) => boolean, option: string): Range {
  const ids = new Map<string, number>();
  const all = Array.from({ length: userCount }, (_, n) => first.uid + n);
  const userFor = (uid: number) => (uid === first.uid ? first : { ...first, uid, gid: uid });

  function free(): readonly number[] {
    const taken = new Set(ids.values());
    return all.filter((id) => !taken.has(id));
  }

  return {
    reserved: () => [...ids.values()].map(userFor),
    keep(builder, owner) {
      if (owner !== undefined && free().includes(owner) && claim(owner)) ids.set(builder, owner);
    },
    userOf(builder) {
      const id = ids.get(builder) ?? free().find(claim);
      if (id === undefined)
        throw new Error(
          `builder ${builder} has no user: the ids ${first.uid} to ${first.uid + userCount - 1} are in use; choose another range with ${option}`,
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
