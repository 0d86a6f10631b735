import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/** File with the text of the running build, made for `tail -F`. */
export interface Output {
  write(chunk: Uint8Array): void;
  close(): void;
}

/** Size at which the file is rotated. Two files of this size are kept. */
const pieceBytes = 64 * 2 ** 20;

/** Truncates and opens the file. A full disk ends the file, but not the build. */
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
