import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Records } from "../github/records.ts";
import { type StandIn, startStandIn } from "../github/standIn.ts";
import { createDemo, pushDuringBuilds } from "./github.ts";
import { demoPool } from "./pool.ts";

export interface Demo extends StandIn {
  /** The pool file that points at this stand-in. */
  readonly pool: string;
}

/** Names created by a demo in its folder, the work folder of `up` included. Other files stay unchanged. */
const ownNames = ["github", "github.json", "pool.yaml", "up"];
const saveEvery = 1_000;

/**
 * Starts a stand-in with the repositories and pull requests of the demo below `directory`. Deletes the files of an
 * earlier demo first. With `keep`, continues from their state.
 */
export async function startDemo(
  directory: string,
  options: { readonly port?: number; readonly keep?: boolean } = {},
): Promise<Demo> {
  const saved = join(directory, "github.json");
  const text = options.keep === true ? await readFile(saved, "utf8").catch(() => undefined) : undefined;
  if (text === undefined) {
    for (const name of ownNames) await rm(join(directory, name), { recursive: true, force: true });
  }
  await mkdir(directory, { recursive: true });
  const github = await startStandIn({
    directory: join(directory, "github"),
    ...(options.port !== undefined && { port: options.port }),
    ...(text !== undefined && { records: JSON.parse(text) as Records }),
  });
  if (text === undefined) await createDemo(github.state);
  const stopPushing = pushDuringBuilds(github.state);
  const write = async () => {
    await writeFile(`${saved}.new`, JSON.stringify(github.state.records));
    await rename(`${saved}.new`, saved);
  };
  // Sequential: two concurrent calls would remove each other's new file.
  let last = write();
  const save = () => {
    last = last.then(write);
    return last;
  };
  await last;
  const saving = setInterval(() => void save(), saveEvery);
  const pool = join(directory, "pool.yaml");
  await writeFile(pool, demoPool(github));
  return {
    ...github,
    pool,
    async close() {
      stopPushing();
      clearInterval(saving);
      await github.close();
      await save();
    },
  };
}
