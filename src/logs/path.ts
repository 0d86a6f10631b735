/**
 * The components of a path in the log store; undefined for an invalid path. Invalid are empty components, leading dots,
 * backslashes and control characters, because such a path could leave the store or be hidden in it.
 */
export function pathComponentsOf(path: string): readonly string[] | undefined {
  const parts = path.split("/");
  return parts.every(isComponent) ? parts : undefined;
}

/** The components of a path in the log store. Throws an Error with the path if the path is invalid. */
export function checkPath(path: string): readonly string[] {
  const parts = pathComponentsOf(path);
  if (parts !== undefined) return parts;
  throw new Error(`expected a relative log path without hidden or empty parts, found ${JSON.stringify(path)}`);
}

/** The components of a URL-encoded path; undefined for an invalid path. Empty for the store itself. */
export function decodePath(path: string): readonly string[] | undefined {
  if (path === "") return [];
  try {
    const parts = path.split("/").map(decodeURIComponent);
    return parts.every(isComponent) ? parts : undefined;
  } catch {
    return undefined; // The percent-encoding is malformed.
  }
}

/** Whether a name is valid as one component of a path in the log store. */
export function isComponent(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !/[/\\\x00-\x1f\x7f]/.test(name) && Buffer.byteLength(name) <= 255;
}
