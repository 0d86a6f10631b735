import type { ResolvedCheck } from "../../api/objects/check.ts";
import { checkDirectoryOf, markedNameOf } from "./directories.ts";

/** Facts that differ between the builds of a check. */
export interface BuildFacts {
  /** Value of `-z`, from buildIdentifierOf. */
  readonly identifier: string;
  /** Head commit of the pull request. */
  readonly headHash: string;
  /** Merge base of the pull request and its base branch. */
  readonly baseHash: string;
  /** Number of processors. Used for a check without `jobs`. */
  readonly processors: number;
  /** Folder of the Secrets that builds may read. The path itself is not secret, so the command line may show it. */
  readonly secrets?: string | undefined;
  /** Whether to build only the dependencies of the checked package. `bits` builds the package too. */
  readonly dependenciesOnly?: boolean | undefined;
}

/** Always passed, in this order, because recipes read them. Empty when the check does not set them. */
const alwaysPassed = ["ALIBUILD_O2_TESTS", "ALIBUILD_O2_FORCE_GPU"] as const;
const compilerCache = ["USE_RECC", "USE_PERF", "RECC_LOG_LEVEL", "RECC_CONFIG_DIRECTORY"] as const;
const alwaysPassedLast = ["ALIBUILD_O2PHYSICS_TESTS", "ALIBUILD_XJALIENFS_TESTS"] as const;
/** Variables that identify the build. A check cannot set them. */
const reserved = ["ALIBOT_PR_REPO", "ALIBUILD_HEAD_HASH", "ALIBUILD_BASE_HASH", "BUILDERPOOL_SECRETS"] as const;

/** Returns the program that builds a check: `bits` if the check name contains "bits", otherwise `aliBuild`. */
export function toolNameOf(check: Pick<ResolvedCheck, "name">): "aliBuild" | "bits" {
  return check.name.includes("bits") ? "bits" : "aliBuild";
}

/**
 * Returns the value of aliBuild's `-z`: the check name for a shared tree, otherwise the pull request number. A build of
 * the base branch uses the branch name, as in ali-bot. Dependencies do not depend on `-z`, so every pull request reuses
 * them. The development tree of the branch stays separate from the trees of pull requests, also for a branch `7`.
 */
export function buildIdentifierOf(
  check: Pick<ResolvedCheck, "name" | "branch" | "sharedTree">,
  pullRequest: number | undefined,
): string {
  if (check.sharedTree) return checkDirectoryOf(check.name);
  return pullRequest === undefined ? branchTreeOf(check.branch) : String(pullRequest);
}

/**
 * A branch as the name of its build tree: `-` and `/` become `_`, as in ali-bot. A branch that looks like a number, or
 * has other characters, gets a hash. A check has one branch, so the tree of another branch is never met.
 */
function branchTreeOf(branch: string): string {
  const isPlain = /^[A-Za-z0-9.]+([-/][A-Za-z0-9.]+)*$/.test(branch) && /[A-Za-z]/.test(branch) && branch.length <= 200;
  return isPlain ? branch.replaceAll(/[-/]/g, "_") : markedNameOf(branch);
}

/**
 * Returns the arguments of `aliBuild` for a build. They equal the arguments of ali-bot, without its container options:
 * the cell is the container. Without a store, two more arguments keep aliBuild from
 * tarballs of its default store, and from packages of the system in place of the tested ones.
 */
export function buildVectorOf(check: ResolvedCheck, facts: BuildFacts): readonly string[] {
  return [
    ...["build", check.package, "-j", String(check.jobs ?? facts.processors), "-z", facts.identifier],
    ...["--defaults", check.defaults],
    ...remoteStore(check),
    ...fromSources(check),
    ...variables(check, facts).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
    ...architecture(check),
    ...["--fetch-repos", "--debug", "--no-auto-cleanup"],
    ...(facts.dependenciesOnly === true && toolNameOf(check) === "aliBuild" ? ["--only-deps"] : []),
  ];
}

/** Returns the arguments of `aliBuild` that check the machine for missing requirements of a build. */
export function doctorVectorOf(check: ResolvedCheck): readonly string[] {
  const store = check.remoteStore === "" ? remoteStore(check) : [];
  return ["doctor", "--defaults", check.defaults, check.package, ...architecture(check), ...store];
}

/** Returns the arguments of `aliBuild` that read the recipes of a build and plan the build, without building. */
export function dryRunVectorOf(check: ResolvedCheck): readonly string[] {
  const only = ["--defaults", check.defaults, "--no-remote-store", ...fromSources(check), ...architecture(check)];
  return ["build", check.package, ...only, "--dry-run"];
}

/** Returns the arguments of `aliBuild` that delete build trees, installations and tarballs without a link to them. */
export function cleanVectorOf(check: ResolvedCheck): readonly string[] {
  return ["clean", "--aggressive-cleanup", "--debug", ...architecture(check)];
}

/** Without a flag, aliBuild chooses its own store on some architectures. An empty text means none. */
function remoteStore({ remoteStore: store }: ResolvedCheck): readonly string[] {
  if (store === undefined) return [];
  return store === "" ? ["--no-remote-store"] : ["--remote-store", store];
}

/**
 * The option with the packages that must be built although the machine may have them: the tested package and the
 * development packages. With a store, aliBuild takes no package from the system at all. bits has no list of packages.
 */
export function fromSources(check: ResolvedCheck): readonly string[] {
  if ((check.remoteStore ?? "") !== "" || toolNameOf(check) === "bits") return [];
  const directories = check.developmentPackages.map(({ directory }) => directory);
  const names = new Set([check.package, ...directories.filter((name) => name !== "alidist")]);
  return ["--no-system", [...names].join(",")];
}

function architecture(check: ResolvedCheck): readonly string[] {
  return check.architecture === undefined ? [] : ["--architecture", check.architecture];
}

function variables(check: ResolvedCheck, facts: BuildFacts): readonly (readonly [string, string])[] {
  const ordered: readonly string[] = [...reserved, ...alwaysPassed, ...compilerCache, ...alwaysPassedLast];
  const others = Object.keys(check.env).filter((name) => !ordered.includes(name));
  const fromCheck = (name: string) => [name, check.env[name] ?? ""] as const;
  return [
    ["ALIBOT_PR_REPO", check.repository],
    ...alwaysPassed.map(fromCheck),
    ...[...compilerCache, ...others].map(fromCheck).filter(([, value]) => value !== ""),
    ...alwaysPassedLast.map(fromCheck),
    ["ALIBUILD_HEAD_HASH", facts.headHash],
    ["ALIBUILD_BASE_HASH", facts.baseHash],
    ...(facts.secrets === undefined ? [] : [["BUILDERPOOL_SECRETS", facts.secrets] as const]),
  ];
}
