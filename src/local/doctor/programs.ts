import type { CellUser } from "../../builder/config/sandbox.ts";
import { findPython } from "../../cell/tool/python.ts";
import { needed } from "../../cell/tool/selftest.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import { run } from "../../system/process/run.ts";

type Environment = Readonly<Record<string, string>>;

const limit = 20_000;

/** The programs that every build needs, asked for their versions with the PATH, and as the user, that builds have. */
export async function programFactsOf(env: Environment, user: CellUser | undefined): Promise<MachineFacts["programs"]> {
  const facts: { readonly name: string; readonly version: string | undefined }[] = [];
  for (const [name, args] of Object.entries(needed)) {
    const { exitCode, stdout } = await run({ command: name, args, cwd: "/", env, user, timeoutMs: limit });
    facts.push({ name, version: exitCode === 0 ? (stdout.split("\n")[0] ?? "").trim() : undefined });
  }
  return facts;
}

/** The python that a build would take. */
export function pythonFactOf(env: Environment, user: CellUser | undefined): Promise<string | undefined> {
  return findPython(env["PATH"], async (command, args) => {
    const { exitCode } = await run({ command, args, cwd: "/", env, user, timeoutMs: limit });
    return exitCode === 0;
  });
}
