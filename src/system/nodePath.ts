import { existsSync } from "node:fs";

/**
 * A path of Node that survives its upgrade. Homebrew deletes the folder of the old version, and keeps a link in `opt`.
 * Returns `path` itself if there is no such link.
 */
export function lastingNodePath(path: string, exists: (path: string) => boolean = existsSync): string {
  const match = /^(?<prefix>.*)\/Cellar\/(?<formula>[^/]+)\/[^/]+\/bin\/node$/.exec(path)?.groups;
  if (match === undefined) return path;
  const link = `${match["prefix"]}/opt/${match["formula"]}/bin/node`;
  return exists(link) ? link : path;
}
