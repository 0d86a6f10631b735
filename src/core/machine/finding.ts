/** One line about the machine. `ok`: nothing to do. `warn`: check it. `fail`: builds cannot work. */
export interface Finding {
  readonly level: "ok" | "warn" | "fail";
  readonly about: string;
  readonly message: string;
  /** Next step. */
  readonly todo?: string;
}

/** Returns a finding of level `ok`. */
export function ok(about: string, message: string): Finding {
  return { level: "ok", about, message };
}

/** Returns a finding of level `warn`. */
export function warn(about: string, message: string, todo?: string): Finding {
  return { level: "warn", about, message, ...(todo !== undefined && { todo }) };
}

/** Returns a finding of level `fail`. */
export function fail(about: string, message: string, todo?: string): Finding {
  return { level: "fail", about, message, ...(todo !== undefined && { todo }) };
}
