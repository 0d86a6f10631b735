import pino from "pino";
import type { RotatingFile } from "./rotatingFile.ts";

/** A structured log. Messages are static, and variable data is in `facts`. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  /** A log with these facts on every line. */
  child(facts: object): Log;
}

/** Most characters that wait for a full disk. Further lines are dropped. */
const maxBacklog = 2 ** 20;

/**
 * Creates a log of JSON lines, by default on standard error. Log one line per change of state. A full disk stops
 * nothing: the buffered lines are written when the disk has space again.
 */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "silent";
  readonly destination?: number | string | RotatingFile;
}): Log {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (typeof options.destination === "object") return pino(settings, options.destination);
  const destination = pino.destination({
    dest: options.destination ?? 2,
    sync: true,
    mkdir: true,
    mode: 0o644,
    maxLength: maxBacklog,
  });
  destination.on("error", () => {}); // a failed log write cannot be logged
  return pino(settings, destination);
}
