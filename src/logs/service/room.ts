import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The space that logs take on the volume, those that just arrive included. */
export interface FreeSpace {
  readonly used: number;
  /** Undefined when the volume alone sets the limit. */
  readonly quota: number | undefined;
  /** Whether `bytes` more fit. */
  fits(bytes: number): boolean;
  /** Bytes that came, or went when negative. */
  add(bytes: number): void;
  /** Counts anew what lies in the directory, as people may delete there; a count during which logs came or went says nothing. */
  measure(): Promise<void>;
}

export async function createFreeSpace(directory: string, quota: number | undefined): Promise<FreeSpace> {
  let used = await sizeOf(directory);
  let changes = 0;
  return {
    get used() {
      return used;
    },
    quota,
    fits: (bytes) => quota === undefined || used + bytes <= quota,
    add: (bytes) => {
      changes += 1;
      used = Math.max(0, used + bytes);
    },
    measure: async () => {
      const before = changes;
      const found = await sizeOf(directory);
      if (changes === before) used = found;
    },
  };
}

/** Bytes of the files below a directory, or of one file; what goes while it is looked at counts nothing. */
export async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || facts.isFile()) return facts?.size ?? 0;
  let total = 0;
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory() || entry.isFile()) total += await sizeOf(join(path, entry.name));
  return total;
}
