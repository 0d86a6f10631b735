import type { ChildProcess } from "node:child_process";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it never started. */
  readonly error?: Error;
}

export function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
  });
}

/** What became of a cell that gave no outcome, in one sentence; `errors` is the end of what it said. */
export function exitMessageOf({ code, signal, error }: Exit, errors: string): string {
  const last = errors.trimEnd().split("\n").at(-1) ?? "";
  const said = last === "" ? "" : `; its last words: ${last}`;
  if (error !== undefined) return `The cell could not be started: ${error.message}`.slice(0, 1024);
  const how =
    signal === "SIGKILL" || code === 137
      ? "was killed by SIGKILL, most likely because memory ran out"
      : signal === null
        ? `exited with ${code}`
        : `was killed by ${signal}`;
  return `The cell ${how} before it gave an outcome${said}`.slice(0, 1024);
}
