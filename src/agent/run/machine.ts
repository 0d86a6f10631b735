import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { run } from "../../system/process/run.ts";

/**
 * Hash of the machine and the name of its host: 64 hex digits. Another machine with a copy of the disk has another one,
 * if its board tells its id.
 */
export async function machineHash(name: string): Promise<string | undefined> {
  const id = process.platform === "darwin" ? uuidIn(await ioreg()) : await machineId();
  return id === undefined ? undefined : createHash("sha256").update(`${id} ${name}`).digest("hex");
}

/** A text that changes with each update of the system. Its tool chain may then be another one. */
export async function systemBuild(): Promise<string> {
  if (process.platform === "darwin") return await outputOf("/usr/bin/sw_vers", ["-buildVersion"]);
  const name = await readFile("/etc/os-release", "utf8").catch(() => "");
  return `${release()} ${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}

/** Reads the hardware id from the output of `ioreg`. */
export function uuidIn(output: string): string | undefined {
  return /"IOPlatformUUID"\s*=\s*"(?<uuid>[^"]+)"/.exec(output)?.groups?.["uuid"];
}

function ioreg(): Promise<string> {
  return outputOf("/usr/sbin/ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]);
}

/** Ids of an installation and of a board. Only root reads the second one. */
const idFiles = ["/etc/machine-id", "/sys/class/dmi/id/product_uuid"];

/** The ids in these files, as one text. Undefined without any. */
export async function machineId(files: readonly string[] = idFiles): Promise<string | undefined> {
  const ids = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return (
    ids
      .map((id) => id.trim())
      .join(" ")
      .trim() || undefined
  );
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run({ command, args, cwd: "/", env: {}, timeoutMs: 10_000, maxCapture: 2 ** 20 });
  return stdout.trim();
}
