import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { enrol } from "../../agent/enrol/enrol.ts";
import { isBundle } from "../../agent/programs.ts";
import { installService } from "../../agent/service/install.ts";
import { authoritiesIn } from "../../agent/state/authorities.ts";
import { agentsFolder } from "../../agent/state/settings.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { lastingNodePath } from "../../system/nodePath.ts";
import { proxyIn } from "../../system/proxy.ts";
import { version } from "../../system/version.ts";
import { CommandError, exitCodes } from "../exit.ts";

export interface EnrolCommandOptions {
  readonly name?: string;
  readonly cellUser?: string;
  readonly baseUser?: string;
  readonly workDir?: string;
  readonly port?: number;
  readonly install: boolean;
  readonly stateDir?: string;
}

/** `builderpool agent enrol`: checks this machine, and stores its credential. */
export async function enrolCommand(
  source: string,
  options: EnrolCommandOptions,
  say: (line: string) => void,
): Promise<void> {
  const { name, cellUser, baseUser, workDir, port, stateDir } = options;
  if (options.install && !isBundle())
    throw new CommandError(
      exitCodes.usage,
      "a checkout installs no service: run the bundle (`make build`, then `sudo sh dist/builderpool-agent.mjs agent enrol -`), or pass --no-install",
    );
  const { lines, folder, settings } = await enrol({
    ...{ name, cellUser, baseUser, workDir, port, version, clock },
    text: codeIn(source),
    proxy: proxyIn(process.env),
    authorities: authoritiesIn(process.env),
    folderOf: (host) => stateFolderOf(host, stateDir),
    log: createLog({ level: "silent" }),
  });
  for (const line of lines) say(line);
  if (!options.install) return say(`start the agent with: builderpool agent run ${settings.name}`);
  const node = lastingNodePath(process.execPath);
  for (const line of await installService({
    name: settings.name,
    folder,
    bundle: import.meta.filename,
    version,
    node,
    workDir: settings.workDir,
  }))
    say(line);
}

/** The state folder of an agent. */
export function stateFolderOf(name: string, stateDir: string | undefined): string {
  return stateDir === undefined ? join(agentsFolder(process.platform), name) : resolve(stateDir);
}

/** The text of the code. Refuses a code on the command line. */
function codeIn(source: string): string {
  if (/^builderpool\./.test(source))
    throw new CommandError(
      exitCodes.usage,
      "the code must not be an argument, because every user of this machine can read it; create a new code with `join --again`, and give it on standard input: `builderpool agent enrol -`",
    );
  try {
    return readFileSync(source === "-" ? 0 : source, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(
      exitCodes.usage,
      `the code cannot be read from ${source === "-" ? "standard input" : source} (${code}); expected \`-\` or a file`,
    );
  }
}
