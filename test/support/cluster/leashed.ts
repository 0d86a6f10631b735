import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** A server that lives no longer than this process, however that one ends. */
export interface Leashed {
  readonly name: string;
  /** Whether it ended, by itself or by `stop`. */
  ended(): boolean;
  /** The end of what it printed, to say why it failed. */
  lastWords(): Promise<string>;
  /** Kills it: what it holds is thrown away. */
  stop(): Promise<void>;
}

/**
 * The shell's standard input is the leash: the pipe closes when this process stops the server or dies, be it by SIGKILL.
 * Only SIGKILL is quick: the API server waits for an etcd that is gone.
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
    ended: () => hasEnded(shell),
    lastWords: async () => (await readFile(log, "utf8")).split("\n").slice(-15).join("\n"),
    async stop() {
      shell.stdin?.destroy();
      await exit;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
