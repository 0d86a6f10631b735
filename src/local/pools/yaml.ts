import type { ScalarTag } from "yaml";
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, parseAllDocuments } from "yaml";

/** Most values that aliases may add to one document, so that a hostile file cannot fill the memory. */
const mostValues = 200_000;

/**
 * Parses YAML as kubectl does: YAML 1.1 with merge keys, `yes`, `off` and octal numbers. Dates and numbers of base 60
 * stay texts. A key that stands twice in one mapping is an error. kubectl takes the last one there.
 */
export function parseLikeKubectl(text: string, lineCounter: LineCounter): readonly Document[] {
  const customTags = (tags: readonly unknown[]) => [...scalars, ...(tags as readonly ScalarTag[])];
  const options = { lineCounter, prettyErrors: false, schema: "failsafe", merge: true, customTags } as const;
  const documents = parseAllDocuments(text, options);
  return Array.isArray(documents) ? documents : [];
}

/**
 * Returns a node as kubectl reads it, as JSON. A merge key replaces the keys before it, and the keys after it replace
 * merged ones. Throws an Error for people.
 */
export function plainOf(document: Document, node: unknown): unknown {
  let values = 0;

  function read(item: unknown, above: readonly unknown[]): unknown {
    values += 1;
    if (values > mostValues) throw new Error(`its aliases make more than ${mostValues} values; use fewer aliases`);
    if (isAlias(item)) {
      const target: Node | undefined = item.resolve(document);
      if (target === undefined)
        throw new Error(`alias *${item.source} has no anchor before it; each document has its own anchors`);
      if (above.includes(target)) throw new Error(`alias *${item.source} contains itself`);
      return read(target, above);
    }
    const inside = [...above, item];
    if (isSeq(item)) return item.items.map((entry) => read(entry, inside));
    if (isMap(item)) return readMap(item.items, inside);
    if (!isScalar(item)) return null;
    if (typeof item.value === "number" && !Number.isFinite(item.value))
      throw new Error(
        `${item.source ?? item.value} is no number of JSON, so kubectl refuses it; write a number or quotes`,
      );
    return item.value;
  }

  function readMap(pairs: readonly { key: unknown; value: unknown }[], above: readonly unknown[]): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of pairs) {
      if (isScalar(key) && typeof key.value === "symbol") merge(entries, read(value, above));
      else entries.set(String(read(key, above)), read(value, above));
    }
    return Object.fromEntries(entries);
  }

  return read(node, []);
}

/** Merges one mapping, or a list of mappings of which the first wins. */
function merge(entries: Map<string, unknown>, source: unknown): void {
  const sources: readonly unknown[] = Array.isArray(source) ? source.toReversed() : [source];
  for (const one of sources) {
    if (typeof one !== "object" || one === null || Array.isArray(one))
      throw new Error("a merge key `<<` needs a mapping or a list of mappings");
    for (const [name, value] of Object.entries(one)) entries.set(name, value);
  }
}

const word = (tag: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${tag}`,
  default: true,
  test,
  resolve,
});

/** The scalars of YAML 1.1 as kubectl's parser reads them. A text that fits none of them is a text. */
const scalars: readonly ScalarTag[] = [
  word("null", /^(?:~|null|Null|NULL)?$/, () => null),
  word("bool", /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  word("bool", /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  word(
    "int",
    /^[-+]?0_*[bB][01_]+$|^[-+]?0_*[xX][0-9a-fA-F_]+$|^[-+]?0_*[oO]?[0-7_]+$|^[-+]?[1-9][0-9_]*$|^[-+]?0_*$/,
    integer,
  ),
  word("float", /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9_]+)?$/, decimal),
  word("float", /^[-+]?\.(?:inf|Inf|INF)$/, (text) => (text.startsWith("-") ? -Infinity : Infinity)),
  word("float", /^\.(?:nan|NaN|NAN)$/, () => Number.NaN),
  { ...word("binary", /^$/, (text) => Buffer.from(text, "base64").toString("utf8")), default: false },
];

function integer(text: string): unknown {
  const plain = text.replaceAll("_", "").replace("+", "");
  const digits = plain.replace("-", "").toLowerCase();
  if (/^0[box]?$/.test(digits) && digits !== "0") return text;
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
  return Number.isFinite(value) && value < 2 ** 64 ? (plain.startsWith("-") ? -value || 0 : value) : text;
}

function decimal(text: string): unknown {
  const plain = text.replaceAll("_", "");
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}
