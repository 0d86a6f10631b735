import { run } from "../../system/process/run.ts";

/** Most processes and threads of one build user. */
const mostProcesses = 16_384;

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Command prefixes of util-linux. Each one runs the rest of its arguments. The last one gives up the rights of root. */
const fences: readonly ((user: User) => readonly string[])[] = [
  () => ["choom", "-n", "1000", "--"],
  () => ["prlimit", "--core=0:0", "--"],
  () => ["prlimit", `--nproc=${mostProcesses}:${mostProcesses}`, "--"],
  ({ uid, gid }) => [
    ...["setpriv", "--reuid", String(uid), "--regid", String(gid), "--clear-groups"],
    ...["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"],
  ],
];

/**
 * Returns a command prefix that runs a command as the user, with limits: the kernel kills the command first if memory is
 * short, it writes no core files, it has at most 16,384 processes, and it gains no rights by setuid programs. Leaves out
 * each limit that this system refuses; `missing` has the commands of those. Empty without root and outside Linux.
 */
export async function probeFences(
  environment: Readonly<Record<string, string>>,
  user: User,
): Promise<{ readonly prefix: readonly string[]; readonly missing: readonly string[] }> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return { prefix: [], missing: [] };
  const prefix: string[] = [];
  const missing: string[] = [];
  for (const fence of fences) {
    const words = fence(user);
    const [command = "", ...args] = [...words, "true"];
    const { exitCode } = await run({ command, args, cwd: "/", env: environment, timeoutMs: 10_000 });
    if (exitCode === 0) prefix.push(...words);
    else missing.push(words.slice(0, 2).join(" "));
  }
  return { prefix, missing };
}
