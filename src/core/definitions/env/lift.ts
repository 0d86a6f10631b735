import type { Field, Fields } from "./fields.ts";

/** Fields that every pool has. Their most common value moves to the pool, even if not all checks share it. */
const always: readonly string[] = ["package", "defaults", "branch"];
/** Fields that stay in the check. A silent pool means more than a pool with only silent checks. */
const never: readonly string[] = ["name", "silent"];
/** Defaults of a pool. They need no line in the file. */
const defaults: Readonly<Record<string, unknown>> = {
  "trust.collaborators": false,
  "trust.users": [],
  "trust.approvals": "Strict",
  comments: true,
  sharedTree: false,
};
const order = [
  ...["name", "repository", "branch", "checkout", "package", "defaults", "developmentPackages", "trust.collaborators"],
  ...[
    "trust.users",
    "trust.team",
    "trust.approvals",
    "comments",
    "sharedTree",
    "env",
    "onlyWhenChanged",
    "remoteStore",
    "jobs",
  ],
  ...["timeouts.command", "timeouts.build", "maxGrowth", "tool.alibuild", "silent"],
];

/** Fields of a pool, and the remaining fields of each check. */
export interface Lifted {
  readonly pool: Record<string, unknown>;
  readonly checks: readonly Record<string, unknown>[];
}

/** Moves the fields that all checks share to their pool. Each check keeps only the fields that differ. */
export function lift(checks: readonly Fields[]): Lifted {
  const paths = new Set(checks.flatMap((fields) => [...fields.keys()]).filter((path) => !never.includes(path)));
  const pool = new Map<string, unknown>();
  for (const path of paths) {
    const value = shared(
      checks.map((fields) => fields.get(path)),
      always.includes(path),
    );
    if (value !== undefined) pool.set(path, value);
  }
  const inherited = (path: string) => (pool.has(path) ? pool.get(path) : defaults[path]);
  const differs = ([path, { value }]: readonly [string, Field]) => !isSame(inherited(path), value);
  return {
    pool: nested([...pool].filter(([path, value]) => !(path in defaults) || !isSame(defaults[path], value))),
    checks: checks.map((fields) => fieldsAsObject(new Map([...fields].filter(differs)))),
  };
}

/** Returns the fields as a nested object, as in a pool file. */
export function fieldsAsObject(fields: Fields): Record<string, unknown> {
  return nested([...fields].map(([path, { value }]) => [path, value]));
}

function shared(fields: readonly (Field | undefined)[], orMostCommon: boolean): unknown {
  const counts = new Map<string, { readonly value: unknown; count: number }>();
  for (const field of fields) {
    if (field === undefined) continue;
    const key = JSON.stringify(field.value);
    const entry = counts.get(key) ?? { value: field.value, count: 0 };
    counts.set(key, { ...entry, count: entry.count + 1 });
  }
  const [mostCommon] = [...counts.values()].sort((a, b) => b.count - a.count);
  return orMostCommon || mostCommon?.count === fields.length ? mostCommon?.value : undefined;
}

function nested(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const rank = (path: string) => order.indexOf(path.startsWith("env.") ? "env" : path);
  const result: Record<string, unknown> = {};
  for (const [path, value] of [...entries].sort(([a], [b]) => rank(a) - rank(b))) {
    const [outer = "", inner] = path.split(".");
    if (inner === undefined) result[outer] = value;
    else result[outer] = { ...(result[outer] as object | undefined), [inner]: value };
  }
  return result;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
