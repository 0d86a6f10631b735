import { isBundle, programsOf } from "../../agent/programs.ts";
import { runAgent } from "../../agent/run/agent.ts";
import { stageUpdate } from "../../agent/service/update.ts";
import { installRootOf, unpackCells } from "../../agent/service/versions.ts";
import { useAuthorities } from "../../agent/state/authorities.ts";
import { readReport } from "../../agent/state/report.ts";
import { readSettings } from "../../agent/state/settings.ts";
import { isRunning } from "../../builder/machine/lock.ts";
import { lastingNodePath } from "../../system/nodePath.ts";
import { run } from "../../system/process/run.ts";
import { useProxy } from "../../system/proxy.ts";
import { version } from "../../system/version.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { foldersOf } from "./status.ts";

export interface UpdateCommandOptions {
  readonly sha256: string;
  readonly name?: string;
  readonly stateDir?: string;
}

/** `builderpool agent update`: stages a new version, and lets the running agent drain and give way to it. */
export async function updateCommand(
  source: string,
  { sha256, name, stateDir }: UpdateCommandOptions,
  say: (line: string) => void,
): Promise<void> {
  for (const folder of foldersOf(name, stateDir)) {
    const settings = await readSettings(folder);
    useProxy(settings.proxy);
    useAuthorities(settings.authorities);
    const root = installRootOf(settings.name);
    const id = await stageUpdate({ source, sha256, root, node: lastingNodePath(process.execPath) });
    say(`${settings.name}: version ${id} is unpacked and passed its self-check`);
    const pid = (await isRunning(settings.workDir)) ? (await readReport(folder))?.pid : undefined;
    if (pid === undefined) say(`${settings.name}: the agent does not run; the next start uses the new version`);
    else {
      process.kill(pid, "SIGTERM");
      say(`${settings.name}: the agent drains, then starts the new version; \`builderpool agent status\` shows it`);
    }
  }
}

/**
 * `builderpool agent self-check`: unpacks the cells of a new version beside it, and proves that its programs load. Exit
 * code 64 of a cell means: it runs, and has no order.
 */
export async function selfCheckCommand(say: (line: string) => void): Promise<void> {
  const programs = programsOf(process.execPath);
  if (isBundle()) await unpackCells(import.meta.dirname);
  if (typeof runAgent !== "function") throw new CommandError(exitCodes.failed, "the agent cannot be loaded");
  for (const program of [programs.cell, programs.sweeper]) {
    const { exitCode, tail } = await run({
      command: programs.node,
      args: [program],
      cwd: "/",
      env: {},
      timeoutMs: 30_000,
    });
    if (exitCode !== 64 && exitCode !== 1)
      throw new CommandError(exitCodes.failed, `${program} does not run: ${tail.trim()}`);
  }
  say(`self-check of ${version} passed`);
}
