/**
 * The components of a path in the log store, or undefined when it would leave the store or hide in it: an empty component, one
 * that starts with a dot, a backslash, a control character.
 */
export function pathComponentsOf(path: string): readonly string[] | undefined {
  const parts = path.split("/");
  return parts.every(isComponent) ? parts : undefined;
}

/** The components of a path in the log store; throws an Error that shows a path that is none. */
export function checkPath(path: string): readonly string[] {
  const parts = pathComponentsOf(path);
  if (parts !== undefined) return parts;
  throw new Error(`expected a relative path without hidden or empty parts for a log, found ${JSON.stringify(path)}`);
}

/** The components of a path as it stands in an address, or undefined when it names nothing in a log store. None for the store itself. */
export function decodePath(path: string): readonly string[] | undefined {
  if (path === "") return [];
  try {
    const parts = path.split("/").map(decodeURIComponent);
    return parts.every(isComponent) ? parts : undefined;
  } catch {
    return undefined; // A malformed escape names nothing.
  }
}

/** Whether a name may be one component of a path in the log store. */
export function isComponent(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !/[/\\\x00-\x1f\x7f]/.test(name) && Buffer.byteLength(name) <= 255;
}
