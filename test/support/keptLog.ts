import type { Log } from "../../src/system/log.ts";

export interface KeptLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly facts: object }[];
}

/** A log that keeps its lines for the test. */
export function keptLog(): KeptLog {
  const lines: KeptLog["lines"] = [];
  const write = (level: string) => (facts: object, message: string) => void lines.push({ level, message, facts });
  const log: KeptLog = {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  return log;
}
