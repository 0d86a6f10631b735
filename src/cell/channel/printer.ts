import type { Writable } from "node:stream";
import { writeEvent } from "./events.ts";

/** Maximum output of one order on standard output, in bytes. Complete logs are sent as events. */
const limit = 256 * 2 ** 20;

/**
 * Creates a writer to `stream` that waits for slow readers. Beyond `most` bytes it writes one note and omits the rest.
 */
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
