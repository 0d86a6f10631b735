import { open, rename } from "node:fs/promises";

/** Writes a file atomically: readers see the old or the new text, even after a crash. */
export async function writeAtomically(path: string, text: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", mode);
  try {
    await file.chmod(mode); // A file of an earlier crash keeps its mode.
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
