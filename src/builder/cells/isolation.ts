import { run } from "../../system/process/run.ts";

const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;
/** Commands to try, the best first. Without root, the kernel may allow a PID namespace inside a user namespace. */
const ways: readonly (readonly string[])[] = [
  alone,
  [...alone, "--user", "--map-current-user"],
  [...alone, "--user", "--map-root-user"],
];

/**
 * Returns a command prefix that runs a command in its own PID namespace, so no child process survives it. Empty if the
 * system allows no such namespace. Probes by running each prefix, so call it once.
 */
export async function probeIsolation(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  for (const [command = "", ...args] of ways) {
    const probe = [...args, "sh", "-c", "echo $$"];
    const { exitCode, stdout } = await run({ command, args: probe, cwd: "/", env: environment, timeoutMs: 10_000 });
    if (exitCode === 0 && stdout === "1\n") return [command, ...args];
  }
  return [];
}
