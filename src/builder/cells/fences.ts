import { mostProcesses } from "../../api/cell/limits.ts";
import { run } from "../../system/process/run.ts";

/** Rights that the cell program needs to read its files and to become its user. It then loses them. */
const kept = "+setuid,+setgid,+dac_read_search";

/**
 * Command prefixes of util-linux. Each one runs the rest of its arguments. None becomes the user: only a program that
 * changes its user itself is closed to other processes of that user, with its memory and its files.
 */
const fences: readonly (readonly string[])[] = [
  ["choom", "-n", "1000", "--"],
  ["prlimit", "--core=0:0", "--"],
  ["prlimit", `--nproc=${mostProcesses}:${mostProcesses}`, "--"],
  ["setpriv", "--clear-groups", "--no-new-privs", "--inh-caps=-all", `--bounding-set=-all,${kept}`, "--"],
];

/**
 * Returns a command prefix with limits for a command that then becomes a build user. The kernel kills the command first
 * if memory is short, it writes no core files, its user has at most 8,192 processes, and it gains no rights by setuid
 * programs. Leaves out each limit that this system refuses; `missing` has the commands of those. Empty without root and
 * outside Linux.
 */
export async function probeFences(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly prefix: readonly string[]; readonly missing: readonly string[] }> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return { prefix: [], missing: [] };
  const prefix: string[] = [];
  const missing: string[] = [];
  for (const fence of fences) {
    const [command = "", ...args] = [...fence, "true"];
    const { exitCode } = await run({ command, args, cwd: "/", env: environment, timeoutMs: 10_000 });
    if (exitCode === 0) prefix.push(...fence);
    else missing.push(fence.slice(0, 2).join(" "));
  }
  return { prefix, missing };
}
