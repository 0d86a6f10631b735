/** The metadata that a watch needs. */
export interface Identified {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

/** One item of a reflected watch; the same as `Change`, for any type of object. */
export type Reflected<T> =
  | { readonly type: "Added" | "Modified" | "Deleted"; readonly object: T }
  /** All existing objects have been delivered, now or earlier; later items are new changes. */
  | { readonly type: "Synced"; readonly names: ReadonlySet<string> };

/** The objects already delivered to one reader. Each call records an observation and returns the items to deliver. */
export interface DeliveredObjects<T> {
  /** Records an existing object. Returns no item if this version was already delivered. */
  set(object: T): Reflected<T>[];
  /** Records that the object of this name is gone. `last` is its final state, if known. */
  remove(name: string, last?: T): Reflected<T>[];
  /** Records the names of all existing objects: the others are gone. The last item is Synced. */
  sync(names: ReadonlySet<string>): Reflected<T>[];
}

/** Creates the record of a reader without any delivered object. */
export function createDeliveredObjects<T extends Identified>(): DeliveredObjects<T> {
  const delivered = new Map<string, T>();

  function set(object: T): Reflected<T>[] {
    const { name, uid, resourceVersion } = object.metadata;
    const before = delivered.get(name)?.metadata;
    const isSame = before !== undefined && before.uid === uid;
    if (isSame && before.resourceVersion === resourceVersion) return [];
    // A new UID means that the old object was deleted during a gap of the watch.
    const replaced = isSame ? [] : remove(name);
    delivered.set(name, object);
    return [...replaced, { type: isSame ? "Modified" : "Added", object }];
  }

  function remove(name: string, last = delivered.get(name)): Reflected<T>[] {
    return delivered.delete(name) && last !== undefined ? [{ type: "Deleted", object: last }] : [];
  }

  function sync(names: ReadonlySet<string>): Reflected<T>[] {
    const missing = [...delivered.keys()].filter((name) => !names.has(name));
    return [...missing.flatMap((name) => remove(name)), { type: "Synced", names }];
  }

  return { set, remove, sync };
}
