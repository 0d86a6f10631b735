import { dirname, join } from "node:path";
import type { SourceFile } from "./files.ts";

/** One import of a file of this repository. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** What `file` imports, as written: relative paths and names of packages. */
export function importsOf({ text }: SourceFile): readonly string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map((match) => match[1] ?? "");
}

/** Imports between files of this repository. */
export function arrowsOf(files: readonly SourceFile[]): readonly Arrow[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith("."))
      .map((name) => ({ from: file.path, to: join(dirname(file.path), name) })),
  );
}

/**
 * Import circles between neighbours. Neighbours are the files and folders of one folder; a folder imports what its files import. Each
 * circle is one sentence with the folder and its neighbours. A circle between two files of different folders shows up where their
 * paths part.
 */
export function circlesOf(arrows: readonly Arrow[]): readonly string[] {
  const folders = new Map<string, Map<string, Set<string>>>();
  for (const { from, to } of arrows) {
    const { folder, a, b } = parting(from, to);
    const edges = folders.get(folder) ?? new Map<string, Set<string>>();
    folders.set(folder, edges.set(a, (edges.get(a) ?? new Set()).add(b)));
  }
  return [...folders].flatMap(([folder, edges]) =>
    circlesAmong(edges).map((circle) => `${folder}: ${circle.join(", ")}`),
  );
}

/** The folder where two paths part, and the name each takes there. */
function parting(from: string, to: string): { readonly folder: string; readonly a: string; readonly b: string } {
  const [a, b] = [from.split("/"), to.split("/")];
  let depth = 0;
  while (depth < a.length && a[depth] === b[depth]) depth += 1;
  return { folder: a.slice(0, depth).join("/"), a: a[depth] ?? "", b: b[depth] ?? "" };
}

/** Names that reach each other, one list for each group. */
function circlesAmong(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const reach = new Map([...edges.keys()].map((name) => [name, reachableFrom(name, edges)]));
  const circles = new Map<string, readonly string[]>();
  for (const [name, others] of reach) {
    if (!others.has(name)) continue;
    const circle = [...others].filter((other) => reach.get(other)?.has(name)).sort();
    circles.set(circle.join(), circle);
  }
  return [...circles.values()];
}

function reachableFrom(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of edges.get(name) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}
