import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "../../builder/machine/lock.ts";
import { isCaseSensitive, keepsOwners } from "../../builder/machine/workFolder.ts";
import { programFactsOf, pythonFactOf } from "../../cell/tool/programs.ts";
import { isFileVaultOn, isSynthetic, powerSettingsIn, serviceStateIn, volumeIn } from "../../core/host/darwin.ts";
import type { HostFacts, MacFacts } from "../../core/host/diagnose.ts";
import { createKubernetesClient } from "../../store/kubernetes/http/kubernetesClient.ts";
import { createKubernetesStore } from "../../store/kubernetes/kubernetes.ts";
import { accessByFolder } from "../../store/kubernetes/pod.ts";
import type { Clock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { messageOf } from "../../system/messageOf.ts";
import { run } from "../../system/process/run.ts";
import { unevenHostsOf } from "../../system/proxy.ts";
import { droppedVariablesOf } from "../../system/sparseEnvironment.ts";
import { machineHash } from "../run/machine.ts";
import { labelOf } from "../service/launchd.ts";
import { servicePath } from "../service/service.ts";
import { unitNameOf } from "../service/systemd.ts";
import { useAuthorities } from "../state/authorities.ts";
import { storedToken } from "../state/credential.ts";
import { hostEnvironment } from "../state/environment.ts";
import { type AgentSettings, readSettings } from "../state/settings.ts";
import { tryFleeing } from "./fleeing.ts";

/** Inputs of `observeHost`. */
export interface HostFactsInput {
  /** State folder of the agent. */
  readonly folder: string;
  readonly node: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

const day = 24 * 60 * 60_000;
const reachLimit = 10_000;
const publicGit = "https://github.com";
const log = createLog({ level: "silent" });

/** Observes this machine as its agent and its builds find it. */
export async function observeHost({ folder, node, environment, clock }: HostFactsInput): Promise<HostFacts> {
  const settings = await readSettings(folder);
  const { name, cellUser, workDir, server, proxy, authorities } = settings;
  useAuthorities(authorities);
  const service = await serviceState(name);
  const ofService = service === undefined ? {} : { PATH: servicePath(process.platform) };
  const env = hostEnvironment(settings, { ...environment, ...ofService }, folder);
  const ofAgent = { ...env, ...proxy };
  const token = await storedToken(folder);
  const isMac = process.platform === "darwin";
  const cluster = await reach(`${server}/version`, ofAgent, folder);
  const addresses = await poolAddresses(folder, settings, clock);
  const others = await Promise.all(addresses.map((address) => reach(address, ofAgent)));
  const mac = isMac ? await macFacts(settings) : undefined;
  return {
    name,
    node: `${process.versions.node} (${node})`,
    credentialDays: token && (token.expiresAt - clock.now()) / day,
    service,
    folder: {
      path: workDir,
      volume: isMac ? volumeIn(await outputOf("/usr/sbin/diskutil", ["info", workDir])) : undefined,
      ...(await diskFacts(workDir, cellUser)),
    },
    hasMachineId: (await machineHash(name)) !== undefined,
    fleeing: (await isRunning(workDir)) ? undefined : await tryFleeing(node, cellUser),
    programs: await programFactsOf(env, cellUser),
    python: await pythonFactOf(env, cellUser),
    compiler: await compiler(env, cellUser),
    dropped: [...droppedVariablesOf(proxy ?? {}), ...unevenHostsOf(proxy ?? {})],
    addresses: [cluster, ...others],
    clockAhead: cluster.serverTime === undefined ? undefined : clock.now() - cluster.serverTime,
    ...(mac && { mac }),
  };
}

async function diskFacts(workDir: string, user: AgentSettings["cellUser"]) {
  try {
    return {
      isCaseSensitive: await isCaseSensitive(workDir),
      keepsOwners: await keepsOwners(workDir, user),
    };
  } catch (error) {
    return { trouble: messageOf(error), isCaseSensitive: false, keepsOwners: false };
  }
}

/** Addresses that the builds of the pool need: git, and the log store. Only of git while the cluster does not answer. */
async function poolAddresses(
  folder: string,
  { server, pool: name, proxy }: AgentSettings,
  clock: HostFactsInput["clock"],
): Promise<readonly string[]> {
  const access = accessByFolder({ server: new URL(server), folder, clock, proxy });
  try {
    const store = createKubernetesStore({ client: createKubernetesClient(access), clock, log });
    const pool = await store.get("BuilderPool", name);
    const logs = pool?.spec.logs.s3?.endpoint ?? pool?.status?.hostLogs?.url;
    return [pool?.spec.github.gitUrl ?? publicGit, ...(logs === undefined ? [] : [logs])].filter((one) =>
      one.startsWith("http"),
    );
  } catch {
    return [publicGit]; // The finding about the cluster tells why.
  } finally {
    access.agent.destroy();
  }
}

async function macFacts({ workDir }: AgentSettings): Promise<MacFacts> {
  const [, first = ""] = workDir.split("/");
  const usual = ["Users", "Volumes", "opt", "private", "tmp", "usr", "var"];
  return {
    power: powerSettingsIn(await outputOf("/usr/bin/pmset", ["-g", "custom"])),
    isFileVaultOn: isFileVaultOn(await outputOf("/usr/bin/fdesetup", ["status"])),
    isRootFolderKept: usual.includes(first)
      ? undefined
      : isSynthetic(await readFile("/etc/synthetic.conf", "utf8").catch(() => ""), first),
  };
}

async function serviceState(name: string): Promise<string | undefined> {
  if (process.platform === "darwin")
    return serviceStateIn(await outputOf("/bin/launchctl", ["print", `system/${labelOf(name)}`]));
  if (!existsSync("/run/systemd/system")) return undefined;
  const state = await outputOf("systemctl", ["show", "--property=ActiveState", "--value", unitNameOf(name)]);
  return state === "" || !existsSync(join("/etc/systemd/system", unitNameOf(name))) ? undefined : state;
}

async function compiler(env: Readonly<Record<string, string>>, user: AgentSettings["cellUser"]) {
  const { exitCode, stdout } = await run({
    command: "c++",
    args: ["--version"],
    cwd: "/",
    env,
    user,
    timeoutMs: 20_000,
  });
  return exitCode === 0 ? stdout.split("\n")[0]?.trim() : undefined;
}

interface Reached {
  readonly address: string;
  readonly trouble?: string;
  /** Time of the server, in milliseconds since 1970. */
  readonly serverTime?: number;
}

/** Sends one request with curl, so that the authority of the folder counts. Any answer is an answer. */
async function reach(address: string, env: Readonly<Record<string, string>>, folder?: string): Promise<Reached> {
  const authority = folder === undefined ? undefined : join(folder, "ca.crt");
  const own = authority !== undefined && (await readFile(authority, "utf8").catch(() => "")) !== "";
  const options = ["--silent", "--show-error", "--head", "--max-time", String(reachLimit / 1000)];
  const args = [...options, ...(own && authority !== undefined ? ["--cacert", authority] : []), address];
  try {
    const { exitCode, stdout, tail, notStarted } = await run({
      command: "curl",
      args,
      cwd: "/",
      env: { ...env, ...path },
    });
    if (exitCode !== 0) return { address, trouble: (notStarted ?? tail).trim() };
    const time = Date.parse(/^date:\s*(.+)$/im.exec(stdout)?.[1] ?? "");
    return { address, ...(Number.isNaN(time) ? {} : { serverTime: time }) };
  } catch (error) {
    return { address, trouble: messageOf(error) };
  }
}

const path = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run({ command, args, cwd: "/", env: path, timeoutMs: 20_000 });
  return stdout.trimEnd();
}
