import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/** Where the text of the running build goes, for people who follow it with `tail -F`. */
export interface Output {
  write(chunk: Uint8Array): void;
  close(): void;
}

/** The last two pieces of this size are kept. */
const pieceBytes = 64 * 2 ** 20;

/** Begins the file anew. A disk that takes no more ends the file, not the build. */
export function openOutput(path: string, limit = pieceBytes): Output {
  rmSync(`${path}.1`, { force: true });
  let descriptor: number | undefined = openSync(path, "w", 0o644);
  let size = 0;

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  return {
    write(chunk) {
      if (descriptor === undefined) return;
      try {
        if (size > 0 && size + chunk.length > limit) {
          closeSync(descriptor);
          descriptor = undefined;
          renameSync(path, `${path}.1`);
          descriptor = openSync(path, "w", 0o644);
          size = 0;
        }
        size += writeSync(descriptor, chunk);
      } catch {
        close();
      }
    },
    close,
  };
}
