import type { ChildProcess } from "node:child_process";

/** The end of a process. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set if the process could not be started. */
  readonly error?: Error;
}

/** Resolves when the process exits or cannot be started. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
  });
}

/** The end of a cell without an outcome, as one sentence. `errors` is the end of its error output. */
export function exitMessageOf({ code, signal, error }: Exit, errors: string): string {
  const last = errors.trimEnd().split("\n").at(-1) ?? "";
  const output = last === "" ? "" : `; its last output: ${last}`;
  if (error !== undefined) return `The cell could not be started: ${error.message}`.slice(0, 1024);
  const how =
    signal === "SIGKILL" || code === 137
      ? "was killed by SIGKILL, most likely because memory ran out"
      : signal === null
        ? `exited with ${code}`
        : `was killed by ${signal}`;
  return `The cell ${how} before it gave an outcome${output}`.slice(0, 1024);
}
