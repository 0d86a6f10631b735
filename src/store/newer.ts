import type { z } from "zod";
import { type Kind, kinds, type Stored } from "../api/objects/kinds.ts";
import { newerWords, type WordField } from "../api/objects/newerWords.ts";

// A newer version may add fields and words. Readers ignore both, and writers keep both.

/** An object as plain JSON, before it is decoded. */
export interface RawObject {
  readonly metadata?: unknown;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A word of a newer version, with the word that readers see instead. */
interface Replaced {
  readonly path: readonly (string | number)[];
  readonly word: string;
  readonly meaning: string;
}

/** Key of the replaced words of a spec or a status. A symbol survives a spread and never becomes JSON. */
const replacedKey = Symbol("words of a newer version");
type Part = { [replacedKey]?: readonly Replaced[] };

/** The result of `readObject`. */
export type Reading<K extends Kind> =
  | {
      readonly object: Pick<Stored<K>, "spec"> & Partial<Stored<K>>;
      /** Fields that this version does not know, such as `spec.checks[0].flavour`. */
      readonly unknownFields: readonly string[];
      /** Words that this version does not know, each as a clause for people. */
      readonly newerWords: readonly string[];
    }
  | { readonly problem: z.ZodError };

/**
 * Reads an object that a newer version may have written. Unknown fields stay in the object and are ignored. Each
 * unknown word of `newerWords` is replaced by its careful meaning; `withNewerWords` restores the word before a write.
 */
export function readObject<K extends Kind>(kind: K, raw: RawObject): Reading<K> {
  const { object: known, replaced } = withKnownWords(kind, raw);
  const first = kinds[kind].safeParse(known);
  if (first.success) return reading(known, first.data, [], replaced);
  const unknown = first.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
  if (unknown.length === 0) return { problem: first.error };
  const copy = structuredClone(known);
  for (const path of unknown) deleteAt(copy, path);
  const second = kinds[kind].safeParse(copy);
  if (!second.success) return { problem: second.error };
  return reading(known, second.data, unknown, replaced);
}

/** Returns the object with its unknown words replaced by their meanings. Returns the same object without such a word. */
export function withKnownWords<T extends RawObject>(
  kind: Kind,
  raw: T,
): { readonly object: T; readonly replaced: readonly Replaced[] } {
  const replaced = newerWords[kind].flatMap((field) => unknownWordsAt(raw, field));
  if (replaced.length === 0) return { object: raw, replaced };
  const { spec, status } = structuredClone({ spec: raw.spec, status: raw.status });
  const object = { ...raw, ...(spec !== undefined && { spec }), ...(status !== undefined && { status }) };
  for (const { path, meaning } of replaced) setAt(object, path, meaning);
  return { object: mark(object, replaced), replaced };
}

/** Returns the object with the words of a newer version that `readObject` replaced, except in changed fields. */
export function withNewerWords<T extends RawObject>(object: T): T {
  const replaced = [object.spec, object.status].flatMap((part) => (part as Part | undefined)?.[replacedKey] ?? []);
  const kept = replaced.filter(({ path, meaning }) => valueAt(object, path) === meaning);
  if (kept.length === 0) return object;
  const { spec, status } = structuredClone({ spec: object.spec, status: object.status });
  const restored = { ...object, ...(spec !== undefined && { spec }), ...(status !== undefined && { status }) };
  for (const { path, word } of kept) setAt(restored, path, word);
  return restored;
}

function reading<K extends Kind>(
  raw: RawObject,
  data: object,
  unknown: readonly (readonly PropertyKey[])[],
  replaced: readonly Replaced[],
): Reading<K> {
  return {
    object: mark(merged(raw, data) as Stored<K>, replaced),
    unknownFields: unknown.map(textOf),
    newerWords: replaced.map(({ path, word, meaning }) => `${textOf(path)}: "${word}", read as ${meaning}`),
  };
}

/** The data of the schema, with the fields of `raw` that the schema does not know. */
function merged(raw: unknown, data: unknown): unknown {
  if (Array.isArray(raw) && Array.isArray(data)) {
    return raw.length === data.length ? data.map((entry, index) => merged(raw[index], entry)) : data;
  }
  if (!isMap(raw) || !isMap(data)) return data;
  const known = Object.entries(data).map(([key, value]) => [key, merged(raw[key], value)]);
  return { ...raw, ...Object.fromEntries(known) };
}

function mark<T extends RawObject>(object: T, replaced: readonly Replaced[]): T {
  for (const name of ["spec", "status"] as const) {
    const own = replaced.filter(({ path }) => path[0] === name);
    if (own.length > 0) (object[name] as Part)[replacedKey] = own;
  }
  return object;
}

function unknownWordsAt(raw: RawObject, { path, words, meaning }: WordField): readonly Replaced[] {
  return placesOf(raw, path.split("."))
    .map((place) => ({ path: place, word: valueAt(raw, place), meaning }))
    .filter((found): found is Replaced => typeof found.word === "string" && !words.includes(found.word));
}

/** The paths that a pattern such as `checks[].base` has in a value. */
function placesOf(value: unknown, [first, ...rest]: readonly string[]): readonly (readonly (string | number)[])[] {
  if (first === undefined) return [[]];
  if (!isMap(value)) return [];
  const key = first.replace("[]", "");
  const inner = value[key];
  if (inner === undefined) return [];
  if (!first.endsWith("[]")) return placesOf(inner, rest).map((place) => [key, ...place]);
  if (!Array.isArray(inner)) return [];
  return inner.flatMap((entry, index) => placesOf(entry, rest).map((place) => [key, index, ...place]));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (isContainer(inner) ? inner[key] : undefined), value);
}

function setAt(value: unknown, path: readonly PropertyKey[], word: string): void {
  const parent = valueAt(value, path.slice(0, -1));
  const key = path.at(-1);
  if (isContainer(parent) && key !== undefined) parent[key] = word;
}

function deleteAt(value: unknown, path: readonly PropertyKey[]): void {
  const parent = valueAt(value, path.slice(0, -1));
  const key = path.at(-1);
  if (isContainer(parent) && key !== undefined) delete parent[key];
}

function isContainer(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function textOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "");
}
