import { checkDirectoryOf, formerDirectoryOf } from "../../definitions/directories.ts";

export { checkDirectoryOf, formerDirectoryOf };

/** File name of the result page in a log directory. */
export const resultPageName = "pretty.html";
/** File name of the facts about a build, for scripts. */
export const resultName = "result.json";
/** File name of the complete log in a log directory. */
export const fullLogName = "fullLog.txt";

/**
 * The log directory of a build in the log store. All builds of one check and commit share it, and the last build
 * overwrites it. A shadow has a directory of its own, because a public status may link to the other one.
 */
export function logDirectoryOf(build: {
  readonly repository: string;
  readonly number: number;
  readonly commit: string;
  readonly check: string;
  readonly pool?: string;
  readonly shadow?: object | undefined;
}): string {
  const suffix = build.shadow === undefined ? "" : `-shadow-${checkDirectoryOf(build.pool ?? "")}`;
  return `${build.repository}/${build.number}/${build.commit}/${checkDirectoryOf(build.check)}${suffix}`;
}

/** The log directory of a build before version 0.2. A builder of that version still uploads to it. */
export function formerLogDirectoryOf(build: Parameters<typeof logDirectoryOf>[0]): string {
  return `${build.repository}/${build.number}/${build.commit}/${formerDirectoryOf(build.check)}`;
}

/**
 * Returns the entry of a folder that has the logs of a former directory: the only one that is its name with a hash.
 * Undefined if none or several checks had the directory.
 */
export function successorOf(former: string, entries: readonly string[]): string | undefined {
  const found = entries.filter((name) => name.startsWith(`${former}__`) && /__[0-9a-f]{16}$/.test(name));
  return found.length === 1 && found[0]?.length === former.length + 18 ? found[0] : undefined;
}

/** Whether a path is valid for a log upload: a file in the log directory of a build. */
export function isLogPath(path: string): boolean {
  return /^[^/]+\/[^/]+\/[1-9][0-9]*\/[0-9a-f]{40,64}\/[A-Za-z0-9_-]+\/[^/]+$/.test(path);
}
