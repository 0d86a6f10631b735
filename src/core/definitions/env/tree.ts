import { longestPoolName } from "../../../api/values/poolName.ts";
import type { Report } from "./finding.ts";

/** One file of a definition tree. */
export interface SourceFile {
  /** Path below the root of the tree, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Why the file cannot be read, such as `is a link to nothing`. */
  readonly unreadable?: string;
}

/** One directory of checks. It becomes one pool. */
export interface Directory {
  /** `<role>/<container>` */
  readonly path: string;
  /** `DEFAULTS.env` files that the checks inherit, outermost first. */
  readonly defaults: readonly SourceFile[];
  readonly checks: readonly SourceFile[];
}

/**
 * Returns the directories with checks, sorted by path. A check is a file `<role>/<container>/<check>.env`. Reports
 * other `.env` files as warnings.
 */
export function directoriesOf(files: readonly SourceFile[], report: Report): readonly Directory[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const checks = files.filter(({ path }) => path.endsWith(".env") && !isDefaults(path));
  for (const { path } of checks.filter((file) => !isInPlace(file))) {
    const message = "is left out: a check must be in a directory <role>/<container>/";
    report({ file: path, line: 1, severity: "warning", message });
  }
  const paths = new Set(checks.filter(isInPlace).map(({ path }) => parent(path)));
  return [...paths].sort().map((path) => ({
    path,
    defaults: ["DEFAULTS.env", `${parent(path)}/DEFAULTS.env`, `${path}/DEFAULTS.env`].flatMap(
      (name) => byPath.get(name) ?? [],
    ),
    checks: checks.filter((file) => parent(file.path) === path).sort((a, b) => (a.path < b.path ? -1 : 1)),
  }));
}

/** Converts a directory to a pool name: `<role>-<container>`. The result is a valid PoolName and not in `taken`. */
export function poolNameOf(path: string, taken: ReadonlySet<string>): string {
  const plain = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? "" : `-${count}`;
    const name = `${plain.slice(0, longestPoolName - suffix.length).replace(/-+$/, "") || "pool"}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * Whether the builders of a directory are hosts outside a cluster: Macs. The tree does not list their names. Some
 * containers are named after a host, such as `macos/aido2osx7`.
 */
export function isHostDirectory(path: string): boolean {
  const [role, container = ""] = path.split("/");
  return role === "macos" || container.startsWith("osx_");
}

function isDefaults(path: string): boolean {
  return path === "DEFAULTS.env" || path.endsWith("/DEFAULTS.env");
}

function isInPlace({ path }: SourceFile): boolean {
  return path.split("/").length === 3;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
