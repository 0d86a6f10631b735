import { join } from "node:path";
import { storedToken } from "../../agent/state/credential.ts";
import { readReport } from "../../agent/state/report.ts";
import { agentNamesIn, agentsFolder, readSettings } from "../../agent/state/settings.ts";
import { formatDuration } from "../../api/values/duration.ts";
import { isRunning } from "../../builder/machine/lock.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { printable } from "../output/printable.ts";
import { stateFolderOf } from "./enrol.ts";

/** `builderpool agent status`: prints the state of the agents of this machine. Returns the exit code. */
export async function statusCommand(
  name: string | undefined,
  stateDir: string | undefined,
  print: (line: string) => void,
): Promise<number> {
  const states = [];
  for (const folder of foldersOf(name, stateDir)) states.push(await stateOf(folder));
  for (const { lines } of states) for (const line of lines) print(printable(line));
  return states.every(({ isWell }) => isWell) ? exitCodes.done : exitCodes.failed;
}

/** State folders of the named agent, or of all agents. Throws a CommandError if there is none. */
export function foldersOf(name: string | undefined, stateDir: string | undefined): readonly string[] {
  if (name !== undefined || stateDir !== undefined) return [stateFolderOf(name ?? "", stateDir)];
  const agents = agentsFolder(process.platform);
  const names = agentNamesIn(agents);
  if (names.length === 0)
    throw new CommandError(exitCodes.notRunning, "this machine has no agent; run `builderpool agent enrol -`");
  return names.map((each) => join(agents, each));
}

interface AgentState {
  readonly isWell: boolean;
  readonly lines: readonly string[];
}

async function stateOf(folder: string): Promise<AgentState> {
  const settings = await readSettings(folder).catch((error: unknown) => {
    throw new CommandError(exitCodes.failed, messageOf(error));
  });
  const runs = await isRunning(settings.workDir);
  const token = await storedToken(folder);
  const report = await readReport(folder);
  const left = token === undefined ? 0 : token.expiresAt - clock.now();
  const troubles = [
    ...(runs ? [] : ["the agent does not run; look at its log, or start its service"]),
    ...(left <= 0 ? ["the credential is missing or over; enrol this host again with a code of `join --again`"] : []),
    ...(runs ? (report?.troubles ?? []) : []),
  ];
  const row = (title: string, text: string) => `  ${title.padEnd(13)}${text}`;
  const connected = runs ? report?.connectedSince : undefined;
  return {
    isWell: troubles.length === 0,
    lines: [
      `${settings.name} of pool ${settings.pool} at ${settings.server}`,
      row("process", runs ? `${report?.pid}, version ${report?.version}, since ${report?.startedAt}` : "none"),
      row("connected", connected === undefined ? "no" : `since ${connected}`),
      row(
        "credential",
        token === undefined ? "none" : `until ${timeOf(token.expiresAt)} (${formatDuration(left)} left)`,
      ),
      row("phase", (runs ? report?.phase : undefined) ?? "unknown"),
      row("last verdict", report?.lastVerdict ?? "none"),
      row("health", runs ? `http://127.0.0.1:${report?.port}/readyz` : "none"),
      ...troubles.map((trouble) => row("trouble", trouble)),
    ],
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
