import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { forPip } from "../../cell/environment.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import { run } from "../../system/process/run.ts";

type Tools = NonNullable<MachineFacts["tools"]>;

const timeoutMs = 120_000;

/**
 * Downloads every aliBuild release of the pools with its dependencies from the package index, then deletes the files.
 */
export async function toolFactsOf(
  pools: readonly BuilderPool[],
  python: string | undefined,
  environment: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv,
): Promise<Tools> {
  const releases = new Set(pools.flatMap((pool) => poolChecksOf(pool).checks.map(({ tool }) => tool.alibuild)));
  const names = [...releases].filter((name) => !name.includes("@")).map((release) => `alibuild==${release}`);
  if (python === undefined) return [];
  const folder = await mkdtemp(join(tmpdir(), "builderpool-doctor-"));
  const pip = (command: string, args: readonly string[]) =>
    run({ command, args: ["-I", "-m", ...args], cwd: folder, env: forPip(environment, own), timeoutMs });
  try {
    await pip(python, ["venv", join(folder, "venv")]);
    const facts: Tools[number][] = [];
    for (const name of names.length === 0 ? ["alibuild"] : names) {
      const args = ["pip", "download", "--quiet", "--dest", join(folder, "found"), name];
      const { exitCode, tail } = await pip(join(folder, "venv/bin/python"), args);
      const says = tail.trim().split("\n").at(-1) ?? "";
      facts.push(exitCode === 0 ? { name } : { name, trouble: says === "" ? "pip timed out" : says });
    }
    return facts;
  } finally {
    await rm(folder, { recursive: true });
  }
}
