import type { InfrastructureReason } from "../../api/objects/reasons.ts";

/** A failure that no pull request causes, and how aliBuild reports the failure in its own words. */
export interface Cause {
  /** The cause for people and tests, such as `store unavailable`. */
  readonly name: string;
  readonly reason: InfrastructureReason;
  /**
   * Matched against each of aliBuild's own lines, never against the output of a build. The group `package` is a package
   * whose source cannot be used.
   */
  readonly pattern: RegExp;
  /** The sentence for people. `found` is the named group of the pattern, or the whole line. */
  readonly message: (found: string, store: string) => string;
  /** Whether a pull request that changes recipes can be the cause. */
  readonly isOfRecipes: boolean;
  /** Whether a pull request that changes aliBuild can be the cause. */
  readonly isOfTool: boolean;
}

const always = { isOfRecipes: false, isOfTool: false } as const;
const ofRecipes = { isOfRecipes: true, isOfTool: true } as const;

/** All causes. The first cause with a matching line counts. Every entry has a fixture in the tests. */
export const causes: readonly Cause[] = [
  {
    ...always,
    name: "no space",
    reason: "DiskFull",
    pattern: /\[Errno (?:28|122)\]|No space left on device|Disk quota exceeded/,
    message: (line) => `aliBuild found no space: ${line}`,
  },
  {
    ...always,
    name: "no memory",
    reason: "OutOfMemory",
    pattern: /^ERROR: MemoryError\b|\[Errno 12\]|Cannot allocate memory/,
    message: (line) => `aliBuild ran out of memory: ${line}`,
  },
  {
    ...always,
    name: "broken disk",
    reason: "SelfTestFailed",
    pattern: /\[Errno (?:5|30)\]|Input\/output error|Read-only file system/,
    message: (line) => `aliBuild could not use the disk: ${line}`,
  },
  {
    ...always,
    name: "no processes or files left",
    reason: "SelfTestFailed",
    pattern: /\[Errno (?:11|23|24)\]|Resource temporarily unavailable|Too many open files/,
    message: (line) => `aliBuild reached a limit of the machine: ${line}`,
  },
  {
    ...always,
    name: "store unavailable",
    reason: "DependencyFetchFailed",
    pattern: /^ERROR: GET (?<found>\S+) failed: /,
    message: (found) => `the tarball store does not answer: ${found}`,
  },
  {
    ...always,
    name: "S3 store unavailable",
    reason: "DependencyFetchFailed",
    pattern:
      /Could not connect to the endpoint URL: "(?<found>[^"]+)"|Connect timeout on endpoint URL: "(?<slow>[^"]+)"/,
    message: (found) => `the tarball store does not answer: ${found}`,
  },
  {
    ...always,
    name: "S3 store refuses",
    reason: "DependencyFetchFailed",
    pattern: /^ERROR: (?<found>(?:botocore\.exceptions\.\w+: |you must pass the AWS_ACCESS_KEY_ID ).*)$/,
    message: (line) => `the tarball store refuses: ${line}`,
  },
  {
    ...always,
    name: "directory store unavailable",
    reason: "DependencyFetchFailed",
    pattern: /^ERROR: Unable to fetch (?:symlinks|tarball|.*) from specified store\./,
    message: (_, store) => `the tarball store cannot be read: ${store}`,
  },
  {
    ...always,
    name: "connection lost",
    reason: "DependencyFetchFailed",
    pattern:
      /^ERROR: (?<found>(?:(?:requests|urllib3|http\.client|ssl|socket)\.\S*|Connection\w*|TimeoutError)(?:Error|Exception|Timeout|Disconnected|gaierror)?: .*)$/,
    message: (line) => `a connection of aliBuild failed: ${line}`,
  },
  {
    // aliBuild expects a list from the store, and crashes without one: the store answered 404.
    name: "store without a list of packages",
    reason: "DependencyFetchFailed",
    pattern: /^ {2}File "[^"]*\/alibuild_helpers\/sync\.py", line \d+, in fetch_(?:symlinks|tarball)$/,
    message: (_, store) =>
      `the tarball store has no list of packages: ${store}; correct remoteStore, or mend the store`,
    isOfRecipes: false,
    isOfTool: true,
  },
  {
    ...ofRecipes,
    name: "tag does not exist",
    reason: "BaseBroken",
    pattern:
      /^ERROR: (?!.*unable to access)(?<found>Error during git \S+ for reference repo for (?<package>[^\s:]+): .*(?:did not match any file|couldn't find remote ref|reference is not a tree).*)$/,
    message: (found) => `a recipe names a tag or commit that its source does not have: ${found}`,
  },
  {
    ...ofRecipes,
    name: "dependency not fetched",
    reason: "DependencyFetchFailed",
    pattern:
      /^ERROR: (?<found>Error during (?:git|sapling) \S+ for reference repo for (?<package>[^\s:]*[^\s:.])(?:: .*)?)\.?$/,
    message: (found) => `a source could not be fetched: ${found}`,
  },
  {
    ...ofRecipes,
    name: "machine lacks a package",
    reason: "BaseBroken",
    pattern: /^ERROR: (?<found>The following packages are system requirements and could not be found:)/,
    message: (found) => `this machine lacks a package: ${found}`,
  },
  {
    ...ofRecipes,
    name: "recipes cannot be used",
    reason: "BaseBroken",
    pattern:
      /^ERROR: (?<found>.*(?:Dependency cycle detected|Unable to find (?:file|recipe)|Package .* not found|Unable to parse|Malformed|Missing|Specified default).*)$/,
    message: (found) => `the recipes cannot be used: ${found}`,
  },
];

/** A cause found in the words of aliBuild. */
export interface FoundCause {
  readonly cause: Cause;
  readonly message: string;
  /** The package whose source aliBuild could not use. */
  readonly package?: string;
}

/**
 * The first cause in aliBuild's own words; undefined if the list has none. `remoteStore` is the store of the check, if it
 * has one.
 */
export function causeIn(words: readonly string[], remoteStore?: string): FoundCause | undefined {
  const store = remoteStore?.replace(/::rw$/, "") ?? "the default store of aliBuild";
  for (const cause of causes) {
    const index = words.findIndex((line) => cause.pattern.test(line));
    const match = cause.pattern.exec(words[index] ?? "");
    if (match === null) continue;
    const found = Object.values(match.groups ?? {}).find((text) => text !== undefined) ?? match.input;
    const list = found.endsWith(":") ? words.slice(index + 1).filter((line) => /^ERROR: - /.test(line)) : [];
    const all = [found, ...list.map((line) => line.slice("ERROR: - ".length))].join(" ");
    const of = match.groups?.["package"];
    return { cause, message: cause.message(all.slice(0, 500), store), ...(of !== undefined && { package: of }) };
  }
  return undefined;
}

/** The error with which aliBuild itself ended, if the list of causes has none; undefined without an error. */
export function unknownErrorIn(words: readonly string[]): string | undefined {
  return words.find((line) => /^ERROR: ./.test(line))?.slice("ERROR: ".length, 500);
}
