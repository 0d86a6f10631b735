import { formatDuration } from "../../api/values/duration.ts";
import { readJoinCode } from "../../core/host/joinCode.ts";
import { hostAccountOf } from "../../core/pool/host/account.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { type ProxyVariables, unevenHostsOf, useProxy } from "../../system/proxy.ts";
import { droppedVariablesOf } from "../../system/sparseEnvironment.ts";
import { oldestNode } from "../service/shell.ts";
import { useAuthorities } from "../state/authorities.ts";
import { storedToken, writeCredential } from "../state/credential.ts";
import { type AgentSettings, readSettings, settingsOfOthers, writeSettings } from "../state/settings.ts";
import { tradeCode } from "./connection.ts";
import { chooseUsers } from "./users.ts";
import { prepareWorkFolder } from "./workFolder.ts";

/** Inputs of `enrol`. */
export interface EnrolWish {
  /** The join code, as typed. */
  readonly text: string;
  /** Name of the host. Default: the name in the code. */
  readonly name: string | undefined;
  readonly cellUser: string | undefined;
  readonly baseUser: string | undefined;
  readonly workDir: string | undefined;
  readonly port: number | undefined;
  /** Proxy of the host. Default: the one of an earlier enrolment. */
  readonly proxy: ProxyVariables | undefined;
  /** File with private authorities. Default: the one of an earlier enrolment. */
  readonly authorities: string | undefined;
  /** State folder of an agent with this name. */
  folderOf(name: string): string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A host that can run its agent. */
export interface EnrolledHost {
  readonly folder: string;
  readonly settings: AgentSettings;
  /** Sentences for people. */
  readonly lines: readonly string[];
}

/** Milliseconds that the write of a renewed token may take. */
const settleMs = 500;

/**
 * Checks this machine, trades the join code for a credential, and writes the state folder of the agent. A second call
 * replaces the credential, and keeps the settings that are not given again. Throws an Error for people.
 */
export async function enrol(wish: EnrolWish): Promise<EnrolledHost> {
  checkProcess(process.getuid?.(), process.versions.node);
  const { clock, log, version } = wish;
  const reading = readJoinCode(wish.text, clock.now(), wish.name);
  if ("refusal" in reading) throw new Error(reading.refusal);
  const { code } = reading;
  const folder = wish.folderOf(code.name);
  const known = await readSettings(folder).catch(() => undefined);
  const others = await settingsOfOthers(folder);
  const users = await chooseUsers({ ...wish, known, others });
  const workDir = await prepareWorkFolder(wish.workDir ?? known?.workDir, users, others);
  const proxy = wish.proxy ?? known?.proxy;
  const authorities = wish.authorities ?? known?.authorities;
  useProxy(proxy);
  useAuthorities(authorities);
  const { granted, authority } = await tradeCode(code, hostAccountOf(code.name, code.pool), { clock, log, proxy });
  const settings: AgentSettings = {
    ...{ name: code.name, pool: code.pool, server: code.server, workDir, version },
    ...(proxy !== undefined && { proxy }),
    ...(authorities !== undefined && { authorities }),
    ...{ baseUser: users.baseUser, cellUser: users.cellUser, port: wish.port ?? known?.port ?? 0 },
  };
  await writeSettings(folder, settings);
  const credential = { namespace: code.namespace, authority, token: granted.token };
  await writeCredential(folder, credential, clock);
  await clock.sleep(settleMs);
  // A running agent may have renewed its old token in the same moment.
  if ((await storedToken(folder))?.uid !== granted.uid) await writeCredential(folder, credential, clock);
  const days = formatDuration(granted.expiresAt - granted.issuedAt);
  return {
    folder,
    settings,
    lines: [
      `${known === undefined ? "enrolled" : "enrolled again"} as "${code.name}" of pool "${code.pool}" at ${code.server}`,
      `builds run as user ${users.cellUser.name}, base branches as user ${users.baseUser.name}, both in ${workDir}`,
      `the credential is valid until ${new Date(granted.expiresAt).toISOString()}; the agent renews it, and may be away for up to ${days}`,
      ...droppedVariablesOf(proxy ?? {}),
      ...unevenHostsOf(proxy ?? {}),
    ],
  };
}

/** Throws an Error for people if this process cannot enrol a host. */
export function checkProcess(uid: number | undefined, node: string): void {
  if (uid !== 0) throw new Error("enrol needs root, so that no build can read the credential; start it with sudo");
  if (Number(node.split(".")[0]) < oldestNode)
    throw new Error(
      `Node ${node} is too old: expected Node ${oldestNode} or newer; install it, for example with \`brew install node@24\``,
    );
}
