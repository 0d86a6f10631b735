import type { Report } from "./finding.ts";

export interface SourceFile {
  /** Below the root of the tree, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Directory {
  /** `<role>/<container>` */
  readonly path: string;
  /** The `DEFAULTS.env` files that its checks inherit, outermost first. */
  readonly defaults: readonly SourceFile[];
  readonly checks: readonly SourceFile[];
}

/** The directories with checks, by path: `<role>/<container>/<check>.env`, each under its `DEFAULTS.env` files, if any. */
export function directoriesOf(files: readonly SourceFile[], report: Report): readonly Directory[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const checks = files.filter(({ path }) => path.endsWith(".env") && !isDefaults(path));
  for (const { path } of checks.filter((file) => !isInPlace(file))) {
    const message = "is no check, as it is not in <role>/<container>/; it is left out";
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

/** A pool's name from its directory: `<role>-<container>` with what Kubernetes allows, unlike all in `taken`. */
export function poolNameOf(path: string, taken: ReadonlySet<string>): string {
  const plain = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? "" : `-${count}`;
    const name = `${plain.slice(0, 40 - suffix.length).replace(/-+$/, "") || "pool"}${suffix}`;
    if (!taken.has(name)) return name;
  }
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
