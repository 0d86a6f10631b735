import type { Writable } from "node:stream";
import { writeEvent } from "./events.ts";

/** Most text of one order that reaches standard output; logs proper travel as events. */
const limit = 256 * 2 ** 20;

/** Writes to standard output, as fast as it is read and up to the limit, then says once that the rest is left out. */
export function createPrinter(stream: Writable, most: number = limit): (chunk: Uint8Array) => Promise<void> {
  let room = most;
  return async (chunk) => {
    if (room <= 0) return;
    const part = chunk.subarray(0, room);
    room -= chunk.length;
    await writeEvent(stream, part);
    if (room <= 0) await writeEvent(stream, `\n[… output beyond ${most} bytes is left out …]\n`);
  };
}
