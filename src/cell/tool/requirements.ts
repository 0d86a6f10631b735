import lock from "./requirements.json" with { type: "json" };

/** The first Python for which the lock has all packages. */
export const lockedPython = "(3, 9)";

/**
 * Returns the lines of a requirements file: an aliBuild release and all packages that it needs, with the hashes of their
 * files. Undefined for a release without known hashes. `scripts/lockAlibuild.ts` writes the lock.
 */
export function lockedRequirementsOf(release: string): string | undefined {
  const hashes = new Map<string, readonly string[]>(Object.entries(lock.releases)).get(release);
  if (hashes === undefined) return undefined;
  const all = { [`alibuild==${release}`]: hashes, ...lock.packages };
  const lines = Object.entries(all).map(([name, found]) =>
    [name, ...found.map((hash) => `--hash=sha256:${hash}`)].join(" "),
  );
  return `${lines.join("\n")}\n`;
}
