import { readFile } from "node:fs/promises";
import { type Document, isMap, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { refusedCellSecrets } from "../../core/definitions/cellSecrets.ts";
import { parsePool } from "../../core/definitions/parse.ts";
import { formatPath } from "../../core/definitions/problem.ts";

export interface PoolFiles {
  readonly pools: readonly BuilderPool[];
  /** What is wrong, as `file:line: sentence`. A pool or check that is not mentioned is good. */
  readonly problems: readonly string[];
}

/** Reads BuilderPools from YAML files, several documents each. Whatever is broken is named and left out; the rest is used. */
export async function readPoolFiles(paths: readonly string[]): Promise<PoolFiles> {
  const pools: BuilderPool[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => error);
    if (text instanceof Error) {
      problems.push(`${path}: cannot be read: ${unreadable[text.code ?? ""] ?? text.message}`);
      continue;
    }
    const found = parsePools(text, path);
    problems.push(...found.problems);
    for (const pool of found.pools) {
      if (pools.some(({ metadata }) => metadata.name === pool.metadata.name)) {
        problems.push(`${path}: pool ${pool.metadata.name} stands twice; the first counts, rename or remove the other`);
      } else pools.push(pool);
    }
  }
  const refusals = new Map(pools.map((pool) => [pool, refusedCellSecrets(pool, pools)]));
  for (const [{ metadata }, sentences] of refusals)
    problems.push(...sentences.map((sentence) => `pool ${metadata.name}: ${sentence}`));
  return { pools: pools.filter((pool) => refusals.get(pool)?.length === 0), problems };
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory; name the files in it",
  EACCES: "its permissions do not allow it",
};

/** The pools of one YAML text. */
export function parsePools(text: string, path: string): PoolFiles {
  const pools: BuilderPool[] = [];
  const problems: string[] = [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${path}:${lines.linePos(offset).line}`;
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(`${at(error.pos[0])}: is not YAML: ${error.message.split("\n")[0]}`);
      continue;
    }
    const value = toPlain(document);
    if (value instanceof Error) problems.push(`${at(offsetOf(document, []))}: cannot be used: ${value.message}`);
    if (value === null || value instanceof Error) continue;
    const parsed = parsePool(value);
    for (const { path: place, message } of [...parsed.problems, ...parsed.defects]) {
      problems.push(`${at(offsetOf(document, place))}: ${[formatPath(place), message].filter(Boolean).join(": ")}`);
    }
    if (parsed.pool !== undefined) pools.push(parsed.pool);
  }
  if (pools.length === 0 && problems.length === 0)
    problems.push(`${path}:1: holds no BuilderPool; expected a document with kind: BuilderPool`);
  return { pools, problems };
}

/** Aliases are not expanded beyond a small number, so that a hostile file cannot fill the memory. */
function toPlain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Offset of the deepest node on the path that exists. */
function offsetOf(document: Document, place: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const part of place) {
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
