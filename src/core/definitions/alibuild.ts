import type { ResolvedCheck } from "../../api/objects/check.ts";

/** What differs from one build of a check to the next. */
export interface BuildFacts {
  /** Value of `-z`: see buildIdentifier. */
  readonly identifier: string;
  /** Head commit of the pull request. */
  readonly headHash: string;
  /** Merge base of the pull request and its base branch. */
  readonly baseHash: string;
  /** Processors of the machine, for a check that names no number of jobs. */
  readonly processors: number;
  /** Where recipes find the Secrets that builds may read. A path is none, so it may stand on a command line. */
  readonly secrets?: string | undefined;
}

/** Always passed, with an empty value where the check gives none, in this order; recipes look at them. */
const alwaysPassed = ["ALIBUILD_O2_TESTS", "ALIBUILD_O2_FORCE_GPU"] as const;
const compilerCache = ["USE_RECC", "USE_PERF", "RECC_LOG_LEVEL", "RECC_CONFIG_DIRECTORY"] as const;
const alwaysPassedLast = ["ALIBUILD_O2PHYSICS_TESTS", "ALIBUILD_XJALIENFS_TESTS"] as const;
/** Variables that say what is built; a check cannot set them. */
const reserved = ["ALIBOT_PR_REPO", "ALIBUILD_HEAD_HASH", "ALIBUILD_BASE_HASH", "BUILDERPOOL_SECRETS"] as const;

/** The program that builds a check: `bits` for the checks that carry its name, else `aliBuild`. */
export function toolNameOf(check: Pick<ResolvedCheck, "name">): "aliBuild" | "bits" {
  return check.name.includes("bits") ? "bits" : "aliBuild";
}

/**
 * The value of aliBuild's `-z`. One tree per pull request carries its number; a shared tree carries the check's name. A build of the base
 * branch takes the branch's place of the number, as in ali-bot: dependencies do not depend on `-z` and are reused by every pull request,
 * while the branch's own development tree never passes for that of a pull request.
 */
export function buildIdentifierOf(
  check: Pick<ResolvedCheck, "name" | "branch" | "sharedTree">,
  pullRequest: number | undefined,
): string {
  if (check.sharedTree) return check.name.replaceAll("/", "_");
  return pullRequest === undefined ? check.branch.replaceAll(/[-/]/g, "_") : String(pullRequest);
}

/** Arguments of `aliBuild` for a build, word for word as ali-bot gives them, without its container options: the cell is the container. */
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

/** Arguments of `aliBuild` that check what the machine lacks for a build. */
export function doctorVectorOf(check: ResolvedCheck): readonly string[] {
  return ["doctor", "--defaults", check.defaults, check.package, ...architecture(check)];
}

/** Arguments of `aliBuild` that delete the build trees, installations and tarballs no link leads to. */
export function cleanVectorOf(check: ResolvedCheck): readonly string[] {
  return ["clean", "--aggressive-cleanup", "--debug", ...architecture(check)];
}

function architecture(check: ResolvedCheck): readonly string[] {
  return check.architecture === undefined ? [] : ["--architecture", check.architecture];
}

function variables(check: ResolvedCheck, facts: BuildFacts): readonly (readonly [string, string])[] {
  const placed: readonly string[] = [...reserved, ...alwaysPassed, ...compilerCache, ...alwaysPassedLast];
  const others = Object.keys(check.env).filter((name) => !placed.includes(name));
  const given = (name: string) => [name, check.env[name] ?? ""] as const;
  return [
    ["ALIBOT_PR_REPO", check.repository],
    ...alwaysPassed.map(given),
    ...[...compilerCache, ...others].map(given).filter(([, value]) => value !== ""),
    ...alwaysPassedLast.map(given),
    ["ALIBUILD_HEAD_HASH", facts.headHash],
    ["ALIBUILD_BASE_HASH", facts.baseHash],
    ...(facts.secrets === undefined ? [] : [["BUILDERPOOL_SECRETS", facts.secrets] as const]),
  ];
}
