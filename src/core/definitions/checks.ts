import { type Check, type DevelopmentPackage, Directory, type ResolvedCheck } from "../../api/objects/check.ts";
import { checkDefaults } from "../../api/objects/checkDefaults.ts";
import type { BuilderPoolSpec } from "../../api/objects/pool.ts";
import { isSameName } from "../../api/values/gitHubName.ts";

/** A check that cannot be built, with the reason. */
export interface BrokenCheck {
  readonly name: string;
  /** Index in the pool's list of checks. Undefined for the default check of a pool without a list. */
  readonly index?: number;
  /** Field of the check that people must correct. */
  readonly field: "name" | "repository" | "developmentPackages" | "checkout";
  /** One sentence: the problem and the next step. */
  readonly message: string;
}

/** Checks of a pool after inheritance. */
export interface PoolChecks {
  readonly checks: readonly ResolvedCheck[];
  readonly broken: readonly BrokenCheck[];
}

/** Begins the message of `DefinitionsValid` about broken checks. The other checks of the pool are built. */
export const notTested = "Not tested until they are corrected";

interface Pool {
  readonly metadata: { readonly name: string };
  readonly spec: BuilderPoolSpec;
}

/**
 * Returns the checks of a pool after inheritance, in the order of the pool. A check that cannot be built is returned in
 * `broken`, and the other checks continue. So no pull request gets a verdict from a definition that does not merge it.
 */
export function poolChecksOf(pool: Pool): PoolChecks {
  const checks: ResolvedCheck[] = [];
  const broken: BrokenCheck[] = [];
  for (const [index, check] of (pool.spec.checks ?? [defaultCheck(pool.spec)]).entries()) {
    const resolved = resolveCheck(pool.spec, check);
    const defect = "message" in resolved ? resolved : duplicateOf(pool, checks, resolved);
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

function duplicateOf({ metadata }: Pool, earlier: readonly ResolvedCheck[], check: ResolvedCheck): Defect | undefined {
  const { name, repository } = check;
  const other = earlier.find((one) => isSameName(one.name, name));
  if (other === undefined) return undefined;
  const used = `in pool ${metadata.name}, and the first definition is used`;
  const message =
    contextOf(other) === contextOf(check)
      ? `check ${name} is defined twice ${used}; rename or remove the second`
      : `check ${name} is defined for ${other.repository} and for ${repository} ${used}, because a pool has one work area for each check name in any letter case; rename the second, or move it to another pool`;
  return { field: "name", message };
}

/** Returns the status context of a check on its repository, in lower case: GitHub ignores the case of both names. */
export function contextOf({ name, repository }: Pick<ResolvedCheck, "name" | "repository">): string {
  return `${repository} ${name}`.toLowerCase();
}

/** Returns one check with its inherited settings, or the reason why the check cannot be built. */
function resolveCheck(spec: BuilderPoolSpec, check: Check): ResolvedCheck | Defect {
  const repository = check.repository ?? spec.repository;
  if (repository === undefined) {
    return {
      field: "repository",
      message: `check ${check.name} has no repository; set spec.repository or checks[].repository to owner/name`,
    };
  }
  const branch = check.branch ?? spec.branch;
  const given = check.developmentPackages ?? spec.developmentPackages;
  const checkout = check.checkout ?? spec.checkout ?? checkoutOf(repository, given ?? []);
  const tool = overlay<ResolvedCheck["tool"]>(checkDefaults.tool, spec.tool, check.tool);
  const testsTool = isToolUnderTest(repository, tool.alibuild);
  const resolved: ResolvedCheck = {
    name: check.name,
    repository,
    branch,
    checkout,
    package: check.package ?? spec.package,
    defaults: check.defaults ?? spec.defaults,
    developmentPackages: developmentPackages(given ?? ownAndRecipes(repository, branch, checkout)),
    trust: overlay<ResolvedCheck["trust"]>(checkDefaults.trust, spec.trust, check.trust),
    comments: check.comments ?? spec.comments ?? checkDefaults.comments,
    sharedTree: check.sharedTree ?? spec.sharedTree ?? checkDefaults.sharedTree,
    env: { ...checkDefaults.env, ...spec.env, ...check.env },
    onlyWhenChanged: check.onlyWhenChanged ?? spec.onlyWhenChanged ?? [],
    timeouts: overlay<ResolvedCheck["timeouts"]>(checkDefaults.timeouts, spec.timeouts, check.timeouts),
    maxGrowth: check.maxGrowth ?? spec.maxGrowth ?? checkDefaults.maxGrowth,
    maxFiles: check.maxFiles ?? spec.maxFiles ?? checkDefaults.maxFiles,
    tool,
    silent: check.silent ?? checkDefaults.silent,
    testsTool,
    ...optional("quota", spec.quota || check.quota ? { ...spec.quota, ...check.quota } : undefined),
    ...optional("remoteStore", check.remoteStore ?? spec.remoteStore),
    ...optional("jobs", check.jobs ?? spec.jobs),
    ...optional("compiler", check.compiler ?? spec.compiler),
    ...optional("base", check.base ?? spec.base),
    ...optional("architecture", spec.architecture),
  };
  return defectOf(resolved) ?? resolved;
}

function developmentPackages(entries: readonly DevelopmentPackage[]): ResolvedCheck["developmentPackages"] {
  return entries.map((entry) => ({ ...entry, directory: directoryOf(entry) }));
}

/** Returns the directory of a development package. aliBuild finds its recipes only in lower case. */
export function directoryOf({ repository, directory }: DevelopmentPackage): string {
  const name = repositoryNameOf(repository);
  return directory ?? (isSameName(name, recipes) ? recipes : name);
}

/** Returns the directory into which pull requests are merged, in the letters of the development package. */
export function checkoutOf(repository: string, packages: readonly DevelopmentPackage[]): string {
  const own = directoryOf({ repository });
  return packages.map(directoryOf).find((directory) => isSameName(directory, own)) ?? own;
}

const recipes = "alidist";

function ownAndRecipes(repository: string, branch: string, directory: string): readonly DevelopmentPackage[] {
  const own = { repository, branch, directory };
  return directory === recipes ? [own] : [own, { repository: "alisw/alidist", branch: "master" }];
}

/** Whether pull requests of `repository` change the build tool itself. Then nothing is merged into the work area. */
export function isToolUnderTest(repository: string, alibuild: string): boolean {
  const [, owner] = /^(.*)@\$PR_HASH$/.exec(alibuild) ?? [];
  return owner !== undefined && isSameName(owner, repository);
}

function defectOf(check: ResolvedCheck): Defect | undefined {
  const directories = check.developmentPackages.map((entry) => entry.directory);
  const shared = directories.find((directory, index) =>
    directories.slice(0, index).some((other) => isSameName(other, directory)),
  );
  const list = directories.join(", ");
  if (shared !== undefined) {
    return {
      field: "developmentPackages",
      message: `check ${check.name} has two development packages in directory ${shared}; set another directory for one of them`,
    };
  }
  const odd = [...directories, ...(check.testsTool ? [] : [check.checkout])].find((name) => !isDirectory(name));
  if (odd !== undefined) {
    return {
      field: directories.includes(odd) ? "developmentPackages" : "checkout",
      message: `check ${check.name} would use ${odd} as a directory of the work area, and aliBuild does not see such a name; set ${directories.includes(odd) ? "directory of the development package" : "checkout"} to the name of its aliBuild package`,
    };
  }
  if (!directories.includes(recipes)) {
    return {
      field: "developmentPackages",
      message: `check ${check.name} has no recipes: no development package (${list}) is in directory alidist; add {repository: alisw/alidist, branch: master}`,
    };
  }
  if (!check.testsTool && !directories.includes(check.checkout)) {
    return {
      field: "checkout",
      message: `check ${check.name} would merge pull requests into directory ${check.checkout}, but its development packages are ${list}, so no pull request would be built; set checkout to the directory of ${check.repository}`,
    };
  }
  return undefined;
}

function isDirectory(name: string): boolean {
  return Directory.safeParse(name).success;
}

/** Returns the name of a repository without its owner. */
export function repositoryNameOf(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}

/** Returns `base` with the defined fields of each later layer. An undefined field changes nothing. */
function overlay<T extends object>(base: T, ...layers: readonly (Partial<Unset<T>> | undefined)[]): T {
  const defined = layers.flatMap((layer) => Object.entries(layer ?? {}).filter(([, value]) => value !== undefined));
  return { ...base, ...Object.fromEntries(defined) };
}

type Unset<T> = { readonly [K in keyof T]: T[K] | undefined };

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V });
}
