import { readdirSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { Address } from "../../api/values/address.ts";
import { HostName } from "../../api/values/hostName.ts";
import { PoolName } from "../../api/values/poolName.ts";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";

const User = z.object({ name: z.string(), uid: z.int().min(1), gid: z.int().min(1) });
/** A user of the machine. */
export type User = z.infer<typeof User>;

/** The settings of an agent: `agent.json` in its state folder. Enrolment writes them. */
export const AgentSettings = z.object({
  name: HostName,
  pool: PoolName,
  server: Address,
  workDir: z.string().startsWith("/"),
  /** User of the cell that builds base branches. */
  baseUser: User,
  /** User of the cell that builds pull requests. */
  cellUser: User,
  /** Port of health and metrics on the loopback address. */
  port: z.int().min(0).max(65_535).default(0),
  /** Proxy of the connections to the cluster, to the log service and of git. */
  proxy: z.partialRecord(z.enum(["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]), z.string()).optional(),
  /** File with private authorities of the site, for the log service, updates, git and builds. Empty: none. */
  authorities: z.string().optional(),
  /** Version of the program that enrolled the host. */
  version: z.string(),
});
export type AgentSettings = z.infer<typeof AgentSettings>;

/** Folder with the state folders of all agents of this machine. */
export function agentsFolder(platform: NodeJS.Platform): string {
  return platform === "darwin" ? "/var/db/builderpool" : "/var/lib/builderpool";
}

const fileName = "agent.json";

/** Reads the settings. Throws an Error for people if the host is not enrolled, or if the file is broken. */
export async function readSettings(folder: string): Promise<AgentSettings> {
  const file = join(folder, fileName);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT")
      throw new Error(`there is no agent in ${folder}; run \`builderpool agent enrol -\` with the code of \`join\``);
    throw new Error(`${file} cannot be read (${error.code}); run as root`);
  });
  const { data, error } = AgentSettings.safeParse(parseJson(text));
  if (data !== undefined) return data;
  const field = error.issues[0]?.path.join(".") || "the content";
  throw new Error(`${file} is broken at ${field}; enrol this host again with a code of \`join --again\``);
}

/** Renames broken settings. launchd starts an agent only while it has settings. */
export async function setAsideSettings(folder: string): Promise<void> {
  await rename(join(folder, fileName), join(folder, `${fileName}.broken`)).catch(() => {});
}

/** Writes the settings. Creates the folder for root alone. */
export async function writeSettings(folder: string, settings: AgentSettings): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomically(join(folder, fileName), `${JSON.stringify(settings, undefined, 2)}\n`, 0o600);
}

/**
 * Names of the folders with an agent, in the order of the alphabet. Throws an Error for people if they are closed to
 * this user.
 */
export function agentNamesIn(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => namesIn(join(folder, name)).includes(fileName))
    .toSorted();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw new Error(`${folder} cannot be read; run as root`);
    return []; // No folder.
  }
}

/** The readable settings of the agents whose state folders are beside this one. */
export async function settingsOfOthers(own: string): Promise<readonly AgentSettings[]> {
  const folder = dirname(own);
  const names = agentNamesIn(folder).filter((each) => each !== basename(own));
  const found = await Promise.all(names.map((each) => readSettings(join(folder, each)).catch(() => undefined)));
  return found.filter((settings) => settings !== undefined);
}
