import { createHash } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../system/messageOf.ts";
import { run } from "../../system/process/run.ts";
import { versionIdOf } from "./install.ts";
import { beginTrial, keepVersions, provenVersion, unpackBundle, versionIn } from "./versions.ts";

/** Inputs of `stageUpdate`. */
export interface UpdateWish {
  /** File or https address of the bundle. */
  readonly source: string;
  /** SHA-256 of the bundle, in hexadecimal. */
  readonly sha256: string;
  /** Folder with the versions. */
  readonly root: string;
  readonly node: string;
}

/** Largest accepted bundle, in bytes. */
const largest = 64 * 2 ** 20;
const downloadLimit = 5 * 60_000;

/**
 * Unpacks a bundle beside the current version, checks it, and selects it on trial. Changes nothing if the bundle is
 * another one than `sha256` says, or cannot run here: throws an Error for people. Returns the name of the version.
 */
export async function stageUpdate({ source, sha256, root, node }: UpdateWish): Promise<string> {
  const bundle = await readBundle(source);
  const found = createHash("sha256").update(bundle).digest("hex");
  if (found !== sha256.toLowerCase())
    throw new Error(`${source} has the SHA-256 ${found}, expected ${sha256}; nothing was changed`);
  const folder = join(root, "versions", `update-${found.slice(0, 8)}.partial`);
  try {
    await rm(folder, { recursive: true, force: true });
    const version = await selfCheck(node, await unpackBundle(bundle, folder));
    const id = versionIdOf(version, bundle);
    const current = await versionIn(root, "current");
    if (id === current) throw new Error(`version ${id} is the current one already; nothing was changed`);
    const final = join(root, "versions", id);
    await rm(final, { recursive: true, force: true });
    await rename(folder, final);
    // The process of the current version starts programs in its folder until it ends.
    await keepVersions(root, [id, current, await provenVersion(root)]);
    await beginTrial(root, id);
    return id;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lets the new program unpack its cells and load everything. Returns its version. */
async function selfCheck(node: string, program: string): Promise<string> {
  const args = [program, "agent", "self-check"];
  const env = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };
  const checked = await run({ command: node, args, cwd: "/", env, timeoutMs: 60_000, maxCapture: 2 ** 16 });
  const version = /^self-check of (?<version>[0-9A-Za-z.-]+) passed$/m.exec(checked.stdout)?.groups?.["version"];
  if (checked.exitCode === 0 && version !== undefined) return version;
  throw new Error(`the new version fails its self-check, so nothing was changed: ${checked.tail.trim().slice(-1000)}`);
}

async function readBundle(source: string): Promise<Buffer> {
  if (/^http:/.test(source)) throw new Error(`${source}: expected an https address or a file`);
  try {
    const bytes = /^https:/.test(source) ? await download(source) : await readFile(source);
    if (bytes.length > largest) throw new Error(`it has more than ${largest / 2 ** 20} MiB`);
    return bytes;
  } catch (error) {
    throw new Error(`${source} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function download(address: string): Promise<Buffer> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(downloadLimit) });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > largest) throw new Error(`it has more than ${largest / 2 ** 20} MiB`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
