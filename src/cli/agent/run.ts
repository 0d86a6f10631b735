import { programsOf } from "../../agent/programs.ts";
import { runAgent } from "../../agent/run/agent.ts";
import { isOnTrial, ownInstallRoot } from "../../agent/service/versions.ts";
import { useAuthorities } from "../../agent/state/authorities.ts";
import { readSettings, setAsideSettings } from "../../agent/state/settings.ts";
import { LockedError } from "../../builder/machine/lock.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { lastingNodePath } from "../../system/nodePath.ts";
import { useProxy } from "../../system/proxy.ts";
import { openRotatingFile } from "../../system/rotatingFile.ts";
import { version } from "../../system/version.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { stateFolderOf } from "./enrol.ts";

export interface RunCommandOptions {
  readonly stateDir?: string;
  readonly logFile?: string;
  readonly logLevel: "debug" | "info" | "warn";
}

/** `builderpool agent run`: runs the agent until a signal, or until the operator ends it. */
export async function runCommand(name: string, { stateDir, logFile, logLevel }: RunCommandOptions): Promise<void> {
  const folder = stateFolderOf(name, stateDir);
  const settings = await readSettings(folder).catch(async (error: unknown) => {
    // The version before an update may be able to read the settings.
    const root = ownInstallRoot();
    if (root !== undefined && (await isOnTrial(root))) throw new CommandError(exitCodes.failed, messageOf(error));
    await setAsideSettings(folder);
    throw new CommandError(exitCodes.usage, messageOf(error));
  });
  useProxy(settings.proxy);
  useAuthorities(settings.authorities);
  const [stop, kill] = [new AbortController(), new AbortController()];
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => (stop.signal.aborted ? kill : stop).abort());
  const world = {
    ...{ folder, settings, version, clock },
    programs: programsOf(lastingNodePath(process.execPath)),
    environment: process.env,
    log: createLog({ level: logLevel, ...(logFile !== undefined && { destination: openRotatingFile(logFile) }) }),
  };
  try {
    await runAgent(world, stop.signal, kill.signal);
  } catch (error) {
    throw error instanceof LockedError ? new CommandError(exitCodes.locked, error.message) : error;
  }
  // Idle connections and timers must not keep the process: its service manager starts the next one.
  process.exit(exitCodes.done);
}
