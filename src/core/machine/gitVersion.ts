/** The oldest git that merges without a work tree (`git merge-tree --write-tree`). */
const oldest = { major: 2, minor: 38 };

/** Returns the reason why a git is too old, as a clause; undefined if the version suffices or is unknown. */
export function gitTroubleOf(version: string): string | undefined {
  const match = /(?<major>\d+)\.(?<minor>\d+)/.exec(version);
  const major = Number(match?.groups?.["major"]);
  const minor = Number(match?.groups?.["minor"]);
  if (match === null || major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `git ${match[0]} is too old to merge pull requests: builds need git ${oldest.major}.${oldest.minor} or newer`;
}
