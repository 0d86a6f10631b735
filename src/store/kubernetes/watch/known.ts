/** What every object has that is looked at here. */
export interface Identified {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

export type Reflected<T> =
  | { readonly type: "Added" | "Modified" | "Deleted"; readonly object: T }
  /** Everything that exists has been delivered, or is as it was delivered before; what follows is news. */
  | { readonly type: "Synced"; readonly names: ReadonlySet<string> };

/** What one reader has been told, and what it has to be told next. */
export interface Known<T> {
  /** The object exists and is so. Nothing to tell when this version was told already. */
  exists(object: T): Reflected<T>[];
  /** The object of this name is gone; `last` is how it was at the end, if that is known. */
  isGone(name: string, last?: T): Reflected<T>[];
  /** These are the names of all that exist. */
  areAll(names: ReadonlySet<string>): Reflected<T>[];
}

export function createKnown<T extends Identified>(): Known<T> {
  const known = new Map<string, T>();

  function exists(object: T): Reflected<T>[] {
    const { name, uid, resourceVersion } = object.metadata;
    const before = known.get(name)?.metadata;
    const isSame = before !== undefined && before.uid === uid;
    if (isSame && before.resourceVersion === resourceVersion) return [];
    // An object that was replaced while nobody looked was deleted first.
    const replaced = isSame ? [] : isGone(name);
    known.set(name, object);
    return [...replaced, { type: isSame ? "Modified" : "Added", object }];
  }

  function isGone(name: string, last = known.get(name)): Reflected<T>[] {
    return known.delete(name) && last !== undefined ? [{ type: "Deleted", object: last }] : [];
  }

  function areAll(names: ReadonlySet<string>): Reflected<T>[] {
    const missing = [...known.keys()].filter((name) => !names.has(name));
    return [...missing.flatMap((name) => isGone(name)), { type: "Synced", names }];
  }

  return { exists, isGone, areAll };
}
