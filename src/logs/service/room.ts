import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The space that logs use on the volume, including running uploads. In bytes. */
export interface FreeSpace {
  readonly used: number;
  /** Undefined if only the volume sets a limit. */
  readonly quota: number | undefined;
  /** Whether `bytes` more fit. */
  fits(bytes: number): boolean;
  /** Adds stored bytes; negative for deleted bytes. */
  add(bytes: number): void;
  /**
   * Measures the directory again, because people may delete logs. Ignores the result if logs changed during the
   * measurement.
   */
  measure(): Promise<void>;
}

/** Measures the directory once and then counts changes. */
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

/** The bytes of a file, or of all files below a directory. A file that disappears meanwhile counts 0. */
export async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || facts.isFile()) return facts?.size ?? 0;
  let total = 0;
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory() || entry.isFile()) total += await sizeOf(join(path, entry.name));
  return total;
}
