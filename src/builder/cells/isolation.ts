import { run } from "../../system/process/run.ts";

const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;
/** Best first. Without root the kernel may allow a user namespace around it. */
const ways: readonly (readonly string[])[] = [
  alone,
  [...alone, "--user", "--map-current-user"],
  [...alone, "--user", "--map-root-user"],
];

/**
 * The words to put before a command so that it is alone in a PID namespace and nothing it starts survives it; none where the system does not
 * allow that. Found out by doing it, so it is asked once.
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
