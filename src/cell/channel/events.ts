import { createWriteStream, fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { CellEvent } from "../../api/cell/event.ts";

/**
 * The event channel: JSON lines on a file descriptor of the builder. It is a pipe, a socket, or a file if run by hand.
 */
export interface Events {
  /** Sends an event. Resolves when the channel accepts more. */
  emit(event: CellEvent): Promise<void>;
  /** Resolves when all events are written. */
  close(): Promise<void>;
}

/** Opens the channel; undefined if `fd` is not open. Calls `onGone` if the reader closes its end. */
export function openEvents(fd: number, onGone: () => void): Events | undefined {
  const stream = openStream(fd);
  if (stream === undefined) return undefined;
  stream.on("error", onGone);
  return {
    emit: (event) => writeEvent(stream, `${JSON.stringify(event)}\n`),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** Writes and waits for the stream to drain. A slow reader slows the writer down instead of filling its memory. */
export function writeEvent(stream: Writable, data: string | Uint8Array): Promise<void> {
  if (stream.destroyed || stream.write(data)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done).off("error", done);
      resolve();
    };
    stream.on("drain", done).on("close", done).on("error", done);
  });
}

function openStream(fd: number): Writable | undefined {
  try {
    const facts = fstatSync(fd);
    if (facts.isFIFO() || facts.isSocket()) return new Socket({ fd, readable: false, writable: true });
    if (facts.isFile() || facts.isCharacterDevice()) return createWriteStream("", { fd });
  } catch {
    // Not open.
  }
  return undefined;
}
