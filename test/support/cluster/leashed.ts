import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** A server that never outlives this process, even after SIGKILL. */
export interface Leashed {
  readonly name: string;
  /** Whether the server has exited, for any reason. */
  hasExited(): boolean;
  /** The last 15 lines of its output, for error messages. */
  logTail(): Promise<string>;
  /** Kills the server with SIGKILL. Its state is lost. */
  stop(): Promise<void>;
}

/**
 * The standard input of the shell is a pipe from this process. The pipe closes when this process stops the server or
 * dies, also by SIGKILL. The shell then kills the server with SIGKILL: on SIGTERM the API server waits for an etcd that
 * is gone.
 */
const onLeash = `exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ cat <&3 >/dev/null; kill -KILL "$server"; } 2>/dev/null &
exec 3<&-
wait "$server"`;

/** Starts a server whose output goes to `log`. */
export function startLeashed(name: string, command: readonly string[], log: string): Leashed {
  const output = openSync(log, "a");
  const shell = spawn("/bin/sh", ["-c", onLeash, name, ...command], {
    stdio: ["pipe", output, output],
    detached: true,
  });
  closeSync(output);
  const exit = new Promise<void>((resolve) => shell.once("close", () => resolve()));
  return {
    name,
    hasExited: () => hasExited(shell),
    logTail: async () => (await readFile(log, "utf8")).split("\n").slice(-15).join("\n"),
    async stop() {
      shell.stdin?.destroy();
      await exit;
    },
  };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
