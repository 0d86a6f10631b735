/** One line about the machine. `ok` needs nothing, `warn` deserves a look, `fail` keeps builds from working. */
export interface Finding {
  readonly level: "ok" | "warn" | "fail";
  readonly about: string;
  readonly message: string;
  /** What to do. */
  readonly todo?: string;
}

export function ok(about: string, message: string): Finding {
  return { level: "ok", about, message };
}

export function warn(about: string, message: string, todo?: string): Finding {
  return { level: "warn", about, message, ...(todo !== undefined && { todo }) };
}

export function fail(about: string, message: string, todo?: string): Finding {
  return { level: "fail", about, message, ...(todo !== undefined && { todo }) };
}
