import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../system/process/run.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import { labelOf, propertyListOf } from "./launchd.ts";
import { type ServiceWish, stopSeconds } from "./service.ts";
import { quoted } from "./shell.ts";
import { starterOf } from "./starter.ts";
import { unitNameOf, unitOf } from "./systemd.ts";
import { forgetUndone, installRootOf, passTrial, selectVersion, unpackBundle, unpackCells } from "./versions.ts";

/** Inputs of `installService`. */
export interface InstallWish {
  readonly name: string;
  /** State folder of the agent. */
  readonly folder: string;
  /** The bundle that runs this command. */
  readonly bundle: string;
  readonly version: string;
  readonly node: string;
  /** Folder of the builds. */
  readonly workDir: string;
}

/** Tries, one a second, until launchd has removed the old service. */
const bootoutTries = stopSeconds + 30;

/**
 * Writes the program, the starter and the description of the service, and starts the service. Returns sentences for
 * people. Throws an Error for people if the service manager refuses.
 */
export async function installService(wish: InstallWish): Promise<readonly string[]> {
  const { name, folder, node, workDir } = wish;
  const root = installRootOf(name);
  const logFile = `/var/log/builderpool/${name}.log`;
  const start = join(root, "start");
  await installVersion(root, wish);
  await writeAtomically(start, starterOf({ name, node, logFile, stateDir: folder }), 0o755);
  await writeCommand(root);
  await mkdir("/var/log/builderpool", { recursive: true });
  const service: ServiceWish = {
    ...{ name, start, root, workDir },
    settingsFile: join(folder, "agent.json"),
    errorFile: `/var/log/builderpool/${name}.start.log`,
  };
  return [...(await loadService(service)), `log: ${logFile}`];
}

async function installVersion(root: string, { bundle, version }: InstallWish): Promise<void> {
  const bytes = await readFile(bundle);
  const id = versionIdOf(version, bytes);
  const [final, partial] = [join(root, "versions", id), join(root, "versions", `${id}.partial`)];
  await rm(partial, { recursive: true, force: true });
  await unpackBundle(bytes, partial);
  await unpackCells(partial);
  await rm(final, { recursive: true, force: true });
  await rename(partial, final);
  await passTrial(root);
  await selectVersion(root, id);
  await forgetUndone(root);
}

/** Name of the folder of a version. Two builds of one version differ in it. */
export function versionIdOf(version: string, bundle: Uint8Array): string {
  return `${version}-${createHash("sha256").update(bundle).digest("hex").slice(0, 8)}`;
}

/** The command `builderpool` for people, if the machine has none. */
async function writeCommand(root: string): Promise<void> {
  const command = "/usr/local/bin/builderpool";
  if (existsSync(command)) return;
  await mkdir("/usr/local/bin", { recursive: true });
  const bundle = `${quoted(`${root}/versions/`)}"$(cat ${quoted(`${root}/current`)})"/agent.mjs`;
  await writeFile(command, `#!/bin/sh\nexec /bin/sh ${bundle} "$@"\n`);
  await chmod(command, 0o755);
}

async function loadService(service: ServiceWish): Promise<readonly string[]> {
  if (process.platform === "darwin") return await loadDaemon(service);
  if (existsSync("/run/systemd/system")) return await loadUnit(service);
  return [`no service manager was found, so start the agent yourself: ${service.start}`];
}

/** A loaded service with the same description drains its agent and starts it again. Any other one is replaced. */
async function loadDaemon(service: ServiceWish): Promise<readonly string[]> {
  const target = `system/${labelOf(service.name)}`;
  const file = `/Library/LaunchDaemons/${labelOf(service.name)}.plist`;
  const [text, before] = [propertyListOf(service), await readFile(file, "utf8").catch(() => "")];
  await writeAtomically(file, text);
  const isLoaded = text === before && (await launchctl("print", target)).exitCode === 0;
  if (!isLoaded) await replaceDaemon(target, file);
  else if ((await launchctl("kill", "SIGTERM", target)).exitCode !== 0) await launchctl("kickstart", target);
  return [`launchd runs the agent: sudo launchctl print ${target}`];
}

async function replaceDaemon(target: string, file: string): Promise<void> {
  await launchctl("bootout", target); // Fails if the service was not loaded.
  for (let tries = 1; ; tries += 1) {
    const answer = await launchctl("bootstrap", "system", file);
    if (answer.exitCode === 0) return;
    if (tries === bootoutTries)
      throw new Error(
        `launchd refuses ${file}: ${answer.tail.trim()}; correct this, then run \`launchctl bootstrap system ${file}\``,
      );
    await sleep(1_000); // The old agent still ends.
  }
}

async function loadUnit(service: ServiceWish): Promise<readonly string[]> {
  const unit = unitNameOf(service.name);
  await writeAtomically(`/etc/systemd/system/${unit}`, unitOf(service));
  const isActive = (await call("systemctl", ["is-active", "--quiet", unit])).exitCode === 0;
  // A running agent drains, however long its build takes, and systemd starts it again.
  const start = isActive ? ["kill", "--kill-who=main", "--signal=SIGTERM", unit] : ["restart", "--no-block", unit];
  for (const args of [["daemon-reload"], ["enable", unit], start]) {
    const answer = await call("systemctl", args);
    if (answer.exitCode !== 0) throw new Error(`systemctl ${args.join(" ")} failed: ${answer.tail.trim()}`);
  }
  return [`systemd runs the agent: systemctl status ${unit}`];
}

function launchctl(...args: readonly string[]) {
  return call("/bin/launchctl", args);
}

function call(command: string, args: readonly string[]) {
  return run({ command, args, cwd: "/", env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" }, timeoutMs: 60_000 });
}
