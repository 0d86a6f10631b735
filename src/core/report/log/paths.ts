/** File name of the result page in a log directory. */
export const resultPageName = "pretty.html";
/** File name of the complete log in a log directory. */
export const fullLogName = "fullLog.txt";

/**
 * A check name as a directory name and build identifier. Characters other than letters, digits, `_` and `-` become `_`.
 */
export function checkDirectoryOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

/**
 * The log directory of a build in the log store. All builds of one check and commit share it, and the last build
 * overwrites it.
 */
export function logDirectoryOf(build: {
  readonly repository: string;
  readonly number: number;
  readonly commit: string;
  readonly check: string;
}): string {
  return `${build.repository}/${build.number}/${build.commit}/${checkDirectoryOf(build.check)}`;
}

/** Whether a path is valid for a log upload: a file in the log directory of a build. */
export function isLogPath(path: string): boolean {
  return /^[^/]+\/[^/]+\/[1-9][0-9]*\/[0-9a-f]{40,64}\/[A-Za-z0-9_-]+\/[^/]+$/.test(path);
}
