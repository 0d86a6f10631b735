import { randomUUID } from "node:crypto";
import type { Kind, ObjectByKind, Stored } from "../../api/objects/kinds.ts";
import type { ObjectMeta } from "../../api/objects/metadata.ts";
import { type Clock, timestamp } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { isStoreError, StoreError } from "../error.ts";
import type { ObjectStore, Precondition, Selector } from "../objectStore.ts";
import { isSelected } from "../selector.ts";
import { createChangeSignals } from "./changeSignals.ts";
import { openDatabase } from "./database.ts";
import { type Document, documentOf, objectOf, serialize } from "./document.ts";
import { createObjects } from "./objects.ts";
import { asApplied, asCreated, asUpdated, isDeleting, withGeneration, withStatus } from "./revise.ts";
import { prepareRows, type Row } from "./rows.ts";
import { invalidError, validate } from "./validate.ts";
import { watchObjects } from "./watch.ts";

/** The object store of one machine. */
export interface EmbeddedStore extends ObjectStore {
  /** Ends all watches and closes the file. Later calls throw Unavailable. */
  close(): void;
}

/** Options of `openEmbeddedStore`. */
export interface EmbeddedStoreOptions {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the reason when writes start to fail, and with undefined when a write succeeds again. */
  readonly onTrouble?: (sentence: string | undefined) => void;
  /** Called when the file does not accept a write. True if it freed space on the disk: the write is then repeated. */
  readonly free?: () => boolean;
}

/**
 * Opens the object store of one machine. Several processes may open the same file at once. An acknowledged write
 * survives kill -9 and power loss. Calls run synchronously and take a fraction of a millisecond. Throws StoreError if
 * the file is damaged or belongs to another program or a newer version.
 */
export function openEmbeddedStore({
  file,
  clock,
  log,
  onTrouble = () => {},
  free = () => false,
}: EmbeddedStoreOptions): EmbeddedStore {
  const database = withMoreSpace(() => openDatabase(file), free);
  const rows = prepareRows(database.sql);
  const signals = createChangeSignals(() => database.read(rows.dataVersion));
  const objects = createObjects(rows, () => timestamp(clock));
  withMoreSpace(() => database.write(objects.compact), free);

  let trouble: string | undefined;

  function reportTrouble(sentence: string | undefined): void {
    if (sentence !== trouble) onTrouble(sentence);
    trouble = sentence;
  }
  function write<T>(body: () => T): T {
    try {
      const result = withMoreSpace(() => database.write(body), free);
      signals.ring();
      reportTrouble(undefined);
      return result;
    } catch (error) {
      if (isStoreError(error, "Unavailable")) reportTrouble(error.message);
      throw error;
    }
  }

  function create<K extends Kind>(kind: K, given: Document): Stored<K> {
    if (given.metadata.resourceVersion !== undefined)
      throw invalidError(kind, given, ["metadata.resourceVersion: a new object must not have one"]);
    const next = validate(kind, asCreated(given, randomUUID(), timestamp(clock)));
    if (rows.find(kind, next.metadata.name) !== undefined)
      throw new StoreError("AlreadyExists", `${kind} "${next.metadata.name}" already exists`);
    return objectOf(objects.insert(kind, next));
  }

  function revise<K extends Kind>(kind: K, row: Row, change: (current: Document) => Document): Stored<K> {
    const current = documentOf(row);
    const next = withGeneration(current, validate(kind, change(current), current));
    refuseNewFinalizers(kind, current, next);
    return objectOf(objects.replace(row, current, next));
  }

  function existing(kind: Kind, name: string, precondition: Precondition): Row {
    const row = rows.find(kind, name);
    if (row === undefined) throw new StoreError("NotFound", `${kind} "${name}" does not exist`);
    refuseStale(row, precondition);
    return row;
  }

  return {
    async get<K extends Kind>(kind: K, name: string) {
      const row = database.read(() => rows.find(kind, name));
      return row === undefined ? undefined : objectOf<K>(row);
    },

    async list<K extends Kind>(kind: K, selector?: Selector) {
      const all = database.read(() => rows.all(kind)).map((row) => objectOf<K>(row));
      return all.filter((object) => isSelected(object, selector));
    },

    watch: (kind, options) => watchObjects({ database, rows, signals, clock, log }, kind, options),

    async create<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      const given = serialize(object);
      return write(() => create(kind, given));
    },

    async apply<K extends Kind>(kind: K, object: ObjectByKind[K]) {
      const given = serialize(object);
      return write(() => {
        const row = rows.find(kind, given.metadata.name);
        return row === undefined
          ? create(kind, { ...given, metadata: withoutVersion(given.metadata) })
          : revise(kind, row, (current) => asApplied(current, given));
      });
    },

    async update<K extends Kind>(kind: K, object: Stored<K>) {
      const given = serialize(object);
      return write(() => {
        const row = existing(kind, given.metadata.name, versionRead(kind, given));
        return revise(kind, row, (current) => asUpdated(current, given));
      });
    },

    async updateStatus<K extends Kind>(kind: K, object: Stored<K>) {
      const given = serialize(object);
      if (kind === "Lease") throw invalidError(kind, given, ["status: a Lease has no status"]);
      return write(() => {
        const row = existing(kind, given.metadata.name, versionRead(kind, given));
        return revise(kind, row, (current) => withStatus(current, given));
      });
    },

    async delete(kind: Kind, name: string, precondition: Precondition = {}) {
      write(() => objects.remove(existing(kind, name, precondition)));
    },

    close() {
      signals.close();
      database.close();
    },
  };
}

/** Repeats `action` once if it failed for the machine, and `free` freed space. */
function withMoreSpace<T>(action: () => T, free: () => boolean): T {
  try {
    return action();
  } catch (error) {
    if (!isStoreError(error, "Unavailable") || !free()) throw error;
    return action();
  }
}

function versionRead(kind: Kind, given: Document): Precondition {
  const { uid, resourceVersion } = given.metadata;
  if (resourceVersion === undefined)
    throw invalidError(kind, given, ["metadata.resourceVersion: missing; set it to the version that was read"]);
  return { resourceVersion, ...(uid === undefined ? {} : { uid }) };
}

function refuseStale(row: Row, { uid, resourceVersion }: Precondition): void {
  if (uid !== undefined && uid !== row.uid)
    throw new StoreError("Conflict", `${row.kind} "${row.name}" was deleted and created again: read it again`);
  if (resourceVersion !== undefined && resourceVersion !== String(row.version))
    throw new StoreError(
      "Conflict",
      `${row.kind} "${row.name}" changed after it was read (version ${resourceVersion}, now ${row.version}): read it again`,
    );
}

function refuseNewFinalizers(kind: Kind, current: Document, next: Document): void {
  const added = (next.metadata.finalizers ?? []).filter((name) => !current.metadata.finalizers?.includes(name));
  if (isDeleting(current) && added.length > 0)
    throw invalidError(kind, next, [
      `metadata.finalizers: cannot add ${added.join(", ")} while the object is being deleted`,
    ]);
}

function withoutVersion({ resourceVersion: _, ...metadata }: ObjectMeta): ObjectMeta {
  return metadata;
}
