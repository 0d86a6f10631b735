import { run } from "../../system/process/run.ts";
import { type View, viewArgumentsOf, viewScript } from "./view.ts";

/** How this machine separates an order from everything else. */
export interface Isolation {
  /** Command prefix that runs a command in its own namespaces. Empty without namespaces. */
  readonly prefix: readonly string[];
  /** No process survives its order, and an order sees no other process. */
  readonly processes: boolean;
  /** Objects of System V IPC and POSIX message queues end with the order. */
  readonly ipc: boolean;
  /** An order can get a view of the file system of its own. */
  readonly files: boolean;
}

/** No namespaces at all. */
export const noIsolation: Isolation = { prefix: [], processes: false, ipc: false, files: false };

const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;
/** Commands to try, the best first. Without root, the kernel may allow namespaces inside a user namespace. */
const ways: readonly (readonly string[])[] = [
  [...alone, "--ipc"],
  alone,
  [...alone, "--ipc", "--user", "--map-current-user"],
  [...alone, "--user", "--map-current-user"],
  [...alone, "--user", "--map-root-user"],
];

/**
 * Returns the best isolation that this system allows to this process. Probes by running each prefix, so call it once.
 * Only root can give an order a view of its own.
 */
export async function probeIsolation(environment: Readonly<Record<string, string>>): Promise<Isolation> {
  if (process.platform !== "linux") return noIsolation;
  for (const prefix of ways) {
    if (!(await works(prefix, environment))) continue;
    const isRoot = process.getuid?.() === 0 && !prefix.includes("--user");
    const view = privateViewOf({ writable: [], readable: [], hidden: [], narrow: [], kept: [] });
    const files = isRoot && (await works([...prefix, ...view], environment));
    return { prefix, processes: true, ipc: prefix.includes("--ipc"), files };
  }
  return noIsolation;
}

async function works(prefix: readonly string[], env: Readonly<Record<string, string>>): Promise<boolean> {
  const [command = "", ...args] = [...prefix, "sh", "-c", "echo $$"];
  const { exitCode, stdout } = await run({ command, args, cwd: "/", env, timeoutMs: 10_000 });
  return exitCode === 0 && stdout === "1\n";
}

/**
 * Returns a command prefix that gives the rest of its arguments this view. It needs root and a mount namespace. The
 * kernel then refuses writes outside of `writable`, whatever the modes say, and forgets the public folders at the end
 * of the order.
 */
export function privateViewOf(view: View): readonly string[] {
  return ["sh", "-ec", viewScript, "sh", ...viewArgumentsOf(view)];
}
