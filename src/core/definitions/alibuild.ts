import type { ResolvedCheck } from "../../api/objects/check.ts";

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
 * them. The development tree of the branch stays separate from the trees of pull requests.
 */
export function buildIdentifierOf(
  check: Pick<ResolvedCheck, "name" | "branch" | "sharedTree">,
  pullRequest: number | undefined,
): string {
  if (check.sharedTree) return check.name.replaceAll("/", "_");
  return pullRequest === undefined ? check.branch.replaceAll(/[-/]/g, "_") : String(pullRequest);
}

/**
 * Returns the arguments of `aliBuild` for a build. They equal the arguments of ali-bot, without its container options:
 * the cell is the container.
 */
export function buildVectorOf(check: ResolvedCheck, facts: BuildFacts): readonly string[] {
  return [
    ...["build", check.package, "-j", String(check.jobs ?? facts.processors), "-z", facts.identifier],
    ...["--defaults", check.defaults],
    ...(check.remoteStore === "" ? [] : ["--remote-store", check.remoteStore]),
    ...variables(check, facts).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
    ...architecture(check),
    ...["--fetch-repos", "--debug", "--no-auto-cleanup"],
  ];
}

/** Returns the arguments of `aliBuild` that check the machine for missing requirements of a build. */
export function doctorVectorOf(check: ResolvedCheck): readonly string[] {
  return ["doctor", "--defaults", check.defaults, check.package, ...architecture(check)];
}

/** Returns the arguments of `aliBuild` that delete build trees, installations and tarballs without a link to them. */
export function cleanVectorOf(check: ResolvedCheck): readonly string[] {
  return ["clean", "--aggressive-cleanup", "--debug", ...architecture(check)];
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
