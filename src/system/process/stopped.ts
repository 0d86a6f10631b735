import { readFile } from "node:fs/promises";
import { run } from "./run.ts";

/** Whether a process is stopped by a signal such as SIGSTOP, or by a debugger. False if it does not exist. */
export async function isStopped(pid: number): Promise<boolean> {
  return (await stateOf(pid)).toUpperCase().startsWith("T");
}

/** The state letter of a process in the notation of ps; empty if it does not exist. */
async function stateOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return stat.slice(stat.lastIndexOf(")") + 2);
  }
  const args = ["-o", "state=", "-p", String(pid)];
  return (await run({ command: "/bin/ps", args, cwd: "/", env: {}, timeoutMs: 10_000 })).stdout.trim();
}
