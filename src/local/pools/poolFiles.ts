import { readFile } from "node:fs/promises";
import { type Document, isAlias, isMap, isSeq, LineCounter, type YAMLParseError } from "yaml";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { refusedCanaries } from "../../core/definitions/canary.ts";
import { refusedCellSecrets } from "../../core/definitions/cellSecrets.ts";
import { documentKindOf } from "../../core/definitions/documentKind.ts";
import { parsePool } from "../../core/definitions/parse.ts";
import { formatPath } from "../../core/definitions/problem.ts";
import { refusedSharedTrees } from "../../core/definitions/sharedTree.ts";
import { parseLikeKubectl, plainOf } from "./yaml.ts";

/** The pools of the pool files. */
export interface PoolFiles {
  readonly pools: readonly BuilderPool[];
  /** Errors as `file:line: message`. Pools and checks without an error are usable. */
  readonly problems: readonly string[];
  /** Documents of other kinds, as `file:line: message`. They are no error: kubectl applies them. */
  readonly notes: readonly string[];
}

/**
 * Reads BuilderPools from YAML files with any number of documents. Omits broken pools and checks and reports them in
 * `problems`. Does not throw.
 */
export async function readPoolFiles(paths: readonly string[]): Promise<PoolFiles> {
  const pools: BuilderPool[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => error);
    if (text instanceof Error) {
      problems.push(`${path}: cannot be read: ${unreadable[text.code ?? ""] ?? text.message}`);
      continue;
    }
    const found = parsePools(text, path);
    problems.push(...found.problems);
    notes.push(...found.notes);
    for (const pool of found.pools) {
      if (pools.some(({ metadata }) => metadata.name === pool.metadata.name)) {
        problems.push(
          `${path}: pool ${pool.metadata.name} is declared twice; only the first is used: rename or remove the other`,
        );
      } else pools.push(pool);
    }
  }
  const refusals = new Map(
    pools.map((pool) => [
      pool,
      [...refusedCellSecrets(pool, pools), ...refusedSharedTrees(pool), ...refusedCanaries(pool)],
    ]),
  );
  for (const [{ metadata }, sentences] of refusals)
    problems.push(...sentences.map((sentence) => `pool ${metadata.name}: ${sentence}`));
  return { pools: pools.filter((pool) => refusals.get(pool)?.length === 0), problems, notes };
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory; list the files in it instead",
  EACCES: "permission denied; make the file readable for this user",
};

/** Parses the pools of one YAML text, as kubectl reads it. `path` is the file name for messages. */
export function parsePools(text: string, path: string): PoolFiles {
  const pools: BuilderPool[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  const lines = new LineCounter();
  const at = (offset: number) => `${path}:${lines.linePos(offset).line}`;

  function read(document: Document, place: Place, value: unknown): void {
    const where = at(offsetOf(document, place));
    const found = documentKindOf(value);
    if (found.is === "List") {
      for (const [index, item] of found.items.entries()) read(document, [...place, "items", index], item);
    } else if (found.is === "Other") {
      notes.push(`${where}: ${found.name} is skipped: only BuilderPools are read here`);
    } else {
      const parsed = parsePool(value);
      for (const { path: inside, message } of [...parsed.problems, ...parsed.defects]) {
        const line = at(offsetOf(document, [...place, ...inside]));
        problems.push(`${line}: ${[formatPath([...place, ...inside]), message].filter(Boolean).join(": ")}`);
      }
      if (parsed.pool !== undefined) pools.push(parsed.pool);
    }
  }

  for (const document of parseLikeKubectl(text, lines)) {
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(`${at(error.pos[0])}: is not valid YAML: ${sentenceOf(error, text)}`);
      continue;
    }
    const value = toPlain(document);
    if (value instanceof Error) problems.push(`${at(offsetOf(document, []))}: cannot be used: ${value.message}`);
    else if (value !== null) read(document, [], value);
  }
  if (pools.length === 0 && problems.length === 0)
    problems.push(`${path}:1: contains no BuilderPool; add a document with kind: BuilderPool`);
  return { pools, problems, notes };
}

type Place = readonly (string | number)[];

/** Returns the parser's sentence, with the name of a key that stands twice. */
function sentenceOf({ code, message, pos }: YAMLParseError, text: string): string {
  if (code !== "DUPLICATE_KEY") return message.split("\n")[0] ?? message;
  const key = /^[^\n:,}]*/.exec(text.slice(pos[0]))?.[0].trim() ?? "";
  return `key ${key} stands twice in one mapping, so one of its values would be ignored; remove one of them`;
}

function toPlain(document: Document): unknown {
  try {
    return plainOf(document, document.contents);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Returns the offset of the deepest existing node on the path. */
function offsetOf(document: Document, place: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const part of place) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isMap(node) && !isSeq(node)) break;
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === String(part)) : undefined;
    const next: unknown = isMap(node) ? pair?.value : node.get(part, true);
    const position = rangeStart(pair?.key) ?? rangeStart(next);
    if (position === undefined) break;
    offset = position;
    node = next;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === "number" ? node.range[0] : undefined;
}
