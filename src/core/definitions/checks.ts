import type { Check, DevelopmentPackage, ResolvedCheck } from "../../api/objects/check.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";

export interface BrokenCheck {
  readonly name: string;
  /** Place in the pool's list of checks; undefined for the one check of a pool without a list. */
  readonly index?: number;
  /** The field to look at. */
  readonly field: "name" | "repository" | "developmentPackages" | "checkout";
  /** One sentence: what is wrong and what to do. */
  readonly message: string;
}

export interface PoolChecks {
  readonly checks: readonly ResolvedCheck[];
  readonly broken: readonly BrokenCheck[];
}

interface Pool {
  readonly metadata: { readonly name: string };
  readonly spec: BuilderPoolSpec;
}

/** ali-bot's own limits where a pool says nothing. */
const defaults: Pick<ResolvedCheck, "timeouts" | "maxGrowth" | "tool" | "trust"> = {
  timeouts: { command: "120s", build: "10h" },
  maxGrowth: "20M",
  tool: { alibuild: "1.17.44" },
  trust: { collaborators: false, users: [], approvals: "AnyCommit" },
};

/**
 * The pool's checks after inheritance, in the pool's order. A check that cannot be built as it stands is set aside with a
 * reason, and its neighbours go on: no pull request ever gets a verdict from a definition that does not merge it.
 */
export function poolChecksOf(pool: Pool): PoolChecks {
  const checks: ResolvedCheck[] = [];
  const broken: BrokenCheck[] = [];
  for (const [index, check] of (pool.spec.checks ?? [defaultCheck(pool.spec)]).entries()) {
    const resolved = resolveCheck(pool.spec, check);
    const defect = "message" in resolved ? resolved : twice(pool, checks, resolved);
    if (defect !== undefined) {
      broken.push({ name: check.name, ...optional("index", pool.spec.checks && index), ...defect });
    } else if (!("message" in resolved)) checks.push(resolved);
  }
  return { checks, broken };
}

function defaultCheck(spec: BuilderPoolSpec): Check {
  return { name: `build/${spec.package}/${spec.defaults}` };
}

type Defect = Pick<BrokenCheck, "field" | "message">;

function twice({ metadata }: Pool, earlier: readonly ResolvedCheck[], check: ResolvedCheck): Defect | undefined {
  const { name } = check;
  if (!earlier.some((other) => contextOf(other) === contextOf(check))) return undefined;
  const message = `check ${name} stands twice in pool ${metadata.name}; the first counts, rename or remove the other`;
  return { field: "name", message };
}

/** The status context of a check on its repository: GitHub does not care about the case of either name. */
export function contextOf({ name, repository }: Pick<ResolvedCheck, "name" | "repository">): string {
  return `${repository} ${name}`.toLowerCase();
}

/** One check with everything it inherits, or the sentence that says why it cannot be built. */
function resolveCheck(spec: BuilderPoolSpec, check: Check): ResolvedCheck | Defect {
  const repository = check.repository ?? spec.repository;
  if (repository === undefined) {
    return {
      field: "repository",
      message: `check ${check.name} has no repository; give spec.repository or checks[].repository as owner/name`,
    };
  }
  const branch = check.branch ?? spec.branch;
  const checkout = check.checkout ?? spec.checkout ?? repositoryName(repository);
  const tool = overlay(defaults.tool, spec.tool, check.tool);
  const testsTool = tool.alibuild === `${repository}@$PR_HASH`;
  const resolved: ResolvedCheck = {
    name: check.name,
    repository,
    branch,
    checkout,
    package: check.package ?? spec.package,
    defaults: check.defaults ?? spec.defaults,
    developmentPackages: developmentPackages(
      check.developmentPackages ?? spec.developmentPackages ?? ownAndRecipes(repository, branch, checkout),
    ),
    trust: overlay(defaults.trust, spec.trust, check.trust),
    comments: check.comments ?? spec.comments ?? true,
    sharedTree: check.sharedTree ?? spec.sharedTree ?? false,
    env: { ...spec.env, ...check.env },
    onlyWhenChanged: check.onlyWhenChanged ?? spec.onlyWhenChanged ?? [],
    remoteStore: check.remoteStore ?? spec.remoteStore ?? "",
    timeouts: overlay(defaults.timeouts, spec.timeouts, check.timeouts),
    maxGrowth: check.maxGrowth ?? spec.maxGrowth ?? defaults.maxGrowth,
    tool,
    silent: check.silent ?? false,
    testsTool,
    ...optional("jobs", check.jobs ?? spec.jobs),
    ...optional("architecture", spec.architecture),
  };
  return defectOf(resolved) ?? resolved;
}

function developmentPackages(entries: readonly DevelopmentPackage[]): ResolvedCheck["developmentPackages"] {
  return entries.map((entry) => ({ ...entry, directory: entry.directory ?? repositoryName(entry.repository) }));
}

function ownAndRecipes(repository: string, branch: string, directory: string): readonly DevelopmentPackage[] {
  const own = { repository, branch, directory };
  return directory === "alidist" ? [own] : [own, { repository: "alisw/alidist", branch: "master" }];
}

function defectOf(check: ResolvedCheck): Defect | undefined {
  const directories = check.developmentPackages.map((entry) => entry.directory);
  const shared = directories.find((directory, index) => directories.indexOf(directory) !== index);
  const list = directories.join(", ");
  if (shared !== undefined) {
    return {
      field: "developmentPackages",
      message: `check ${check.name} has two development packages in directory ${shared}; give one of them another directory`,
    };
  }
  if (!directories.includes("alidist")) {
    return {
      field: "developmentPackages",
      message: `check ${check.name} has no recipes: none of its development packages (${list}) is in directory alidist; add {repository: alisw/alidist, branch: master}`,
    };
  }
  if (!check.testsTool && !directories.includes(check.checkout)) {
    return {
      field: "checkout",
      message: `check ${check.name} would merge pull requests into directory ${check.checkout}, which is none of its development packages (${list}), so they would never be built; set checkout to the directory of ${check.repository}`,
    };
  }
  return undefined;
}

function repositoryName(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}

/** `base` with what each later layer says; a layer that leaves a field out changes nothing. */
function overlay<T extends object>(base: T, ...layers: readonly (Partial<Unset<T>> | undefined)[]): T {
  const said = layers.flatMap((layer) => Object.entries(layer ?? {}).filter(([, value]) => value !== undefined));
  return { ...base, ...Object.fromEntries(said) };
}

type Unset<T> = { readonly [K in keyof T]: T[K] | undefined };

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V });
}
