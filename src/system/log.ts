import pino from "pino";

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Log;
}

/** Characters of lines that wait for a disk that takes no more; what comes on top is lost. */
const longestBacklog = 2 ** 20;

/**
 * JSON lines on standard error: one per change of state, a static message, facts beside it. A full disk ends nothing: the last lines before
 * it was full are written when there is room again.
 */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "silent";
  readonly destination?: number | string;
}): Log {
  const destination = pino.destination({
    dest: options.destination ?? 2,
    sync: true,
    mkdir: true,
    mode: 0o644,
    maxLength: longestBacklog,
  });
  destination.on("error", () => {}); // there is no better place to tell of it
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
