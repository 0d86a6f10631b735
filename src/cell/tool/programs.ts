import type { MachineFacts } from "../../core/machine/facts.ts";
import { run } from "../../system/process/run.ts";
import { findPython } from "./python.ts";
import { needed } from "./selftest.ts";

type Environment = Readonly<Record<string, string>>;

interface User {
  readonly uid: number;
  readonly gid: number;
}

const timeoutMs = 20_000;

/** Returns the versions of the programs that every build needs, found with the PATH and the user of builds. */
export async function programFactsOf(env: Environment, user: User | undefined): Promise<MachineFacts["programs"]> {
  const facts: { readonly name: string; readonly version: string | undefined }[] = [];
  for (const [name, args] of Object.entries(needed)) {
    const { exitCode, stdout } = await run({ command: name, args, cwd: "/", env, user, timeoutMs });
    facts.push({ name, version: exitCode === 0 ? (stdout.split("\n")[0] ?? "").trim() : undefined });
  }
  return facts;
}

/** Returns the Python that a build would use, if any. */
export function pythonFactOf(env: Environment, user: User | undefined): Promise<string | undefined> {
  return findPython(env["PATH"], async (command, args) => {
    const { exitCode } = await run({ command, args, cwd: "/", env, user, timeoutMs });
    return exitCode === 0;
  });
}
