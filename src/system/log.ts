import pino from "pino";

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Log;
}

/** JSON lines on standard error: one per change of state, a static message, facts beside it. */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "silent";
  readonly destination?: number | string;
}): Log {
  const destination = pino.destination({ dest: options.destination ?? 2, sync: true, mkdir: true, mode: 0o644 });
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
