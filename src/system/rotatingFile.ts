import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A file for lines of text. At its limit it becomes `<path>.1`, and a new file begins. */
export interface RotatingFile {
  write(text: string): void;
}

/** Bytes of one file. Two files are kept. */
const defaultLimit = 16 * 2 ** 20;

/** Opens the file to append. A failed write is dropped, and the next one opens the file again. */
export function openRotatingFile(path: string, limit = defaultLimit): RotatingFile {
  let descriptor: number | undefined;
  let size = 0;

  function open(): number {
    mkdirSync(dirname(path), { recursive: true });
    const opened = openSync(path, "a", 0o640);
    size = fstatSync(opened).size;
    return opened;
  }
  function rotate(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
    renameSync(path, `${path}.1`);
  }

  return {
    write(text) {
      try {
        descriptor ??= open();
        if (size > 0 && size + Buffer.byteLength(text) > limit) {
          rotate();
          descriptor = open();
        }
        size += writeSync(descriptor, text);
      } catch {
        descriptor = undefined;
      }
    },
  };
}
