/** Name of the result page in a log directory. */
export const resultPageName = "pretty.html";
/** Name of the complete log in a log directory. */
export const fullLogName = "fullLog.txt";

/** A check name as a directory name and a build identifier: whatever is not a letter, digit, `_` or `-` becomes `_`. */
export function checkDirectoryOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** Where the logs of a build lie in the log store. Every build of one check and commit has the same place: the last one stays. */
export function logDirectoryOf(build: {
  readonly repository: string;
  readonly number: number;
  readonly commit: string;
  readonly check: string;
}): string {
  return `${build.repository}/${build.number}/${build.commit}/${checkDirectoryOf(build.check)}`;
}

/** Whether a path of the log store is one that builders write: a file in the log directory of a build. */
export function isLogPath(path: string): boolean {
  return /^[^/]+\/[^/]+\/[1-9][0-9]*\/[0-9a-f]{40,64}\/[A-Za-z0-9_-]+\/[^/]+$/.test(path);
}
