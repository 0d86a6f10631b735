import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Log } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { run } from "../../system/process/run.ts";

/** Milliseconds of the bundler, on a machine with much other work. */
const timeout = 60_000;

export interface BundleOptions {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the cell program. */
  readonly program: string;
  /** Folder of the bundle. Only the user of `up` may write there. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
}

/**
 * Bundles the cell program into one file, and returns the path of this file. Every order starts the program, and most of
 * the start is the loading of some 300 modules. Returns the program itself if it cannot be bundled.
 */
export async function bundledProgram({ node, program, folder, environment, log }: BundleOptions): Promise<string> {
  const file = join(folder, "cell.mjs");
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    log.warn({ folder, reason: messageOf(error) }, "the cell program is not bundled, so every order starts slower");
    return program;
  }
  const args = [resolve(import.meta.dirname, "bundle.ts"), program, file];
  const ended = await run({ command: node, args, cwd: "/", env: environment, timeoutMs: timeout });
  if (ended.exitCode === 0) return file;
  log.warn({ output: ended.tail }, "the cell program is not bundled, so every order starts slower");
  return program;
}
