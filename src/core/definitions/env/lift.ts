import type { Field, Fields } from "./fields.ts";

/** Fields that a pool has a value for in any case: there the commonest is lifted, even when not all checks share it. */
const always: readonly string[] = ["package", "defaults", "branch"];
/** Fields that are a check's own. A silent pool would be more than a pool whose checks are all silent. */
const never: readonly string[] = ["name", "silent"];
/** What a pool that says nothing says; not worth a line. */
const usual: Readonly<Record<string, unknown>> = {
  "trust.collaborators": false,
  "trust.users": [],
  comments: true,
  sharedTree: false,
};
const order = [
  ...["name", "repository", "branch", "checkout", "package", "defaults", "developmentPackages", "trust.collaborators"],
  ...["trust.users", "trust.team", "comments", "sharedTree", "env", "onlyWhenChanged", "remoteStore", "jobs"],
  ...["timeouts.command", "timeouts.build", "maxGrowth", "tool.alibuild", "silent"],
];

export interface Lifted {
  readonly pool: Record<string, unknown>;
  readonly checks: readonly Record<string, unknown>[];
}

/** Moves what all checks say to their pool, so that a check says only what differs. */
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
  const inherited = (path: string) => (pool.has(path) ? pool.get(path) : usual[path]);
  const differs = ([path, { value }]: readonly [string, Field]) => !isSame(inherited(path), value);
  return {
    pool: nested([...pool].filter(([path, value]) => !(path in usual) || !isSame(usual[path], value))),
    checks: checks.map((fields) => fieldsAsObject(new Map([...fields].filter(differs)))),
  };
}

/** The fields as the object that a pool file has. */
export function fieldsAsObject(fields: Fields): Record<string, unknown> {
  return nested([...fields].map(([path, { value }]) => [path, value]));
}

function shared(fields: readonly (Field | undefined)[], orCommonest: boolean): unknown {
  const counts = new Map<string, { readonly value: unknown; count: number }>();
  for (const field of fields) {
    if (field === undefined) continue;
    const key = JSON.stringify(field.value);
    const entry = counts.get(key) ?? { value: field.value, count: 0 };
    counts.set(key, { ...entry, count: entry.count + 1 });
  }
  const [commonest] = [...counts.values()].sort((a, b) => b.count - a.count);
  return orCommonest || commonest?.count === fields.length ? commonest?.value : undefined;
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
