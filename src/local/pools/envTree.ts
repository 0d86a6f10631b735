import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SourceFile } from "../../core/definitions/env/tree.ts";

/** A tree of check definitions, as found on disk. */
export interface EnvTree {
  readonly files: readonly SourceFile[];
  /** Sentences about linked folders, as `path: severity: message`. */
  readonly notes: readonly string[];
}

/**
 * Reads all `*.env` files of a tree. Follows linked folders, as ali-bot's shell did. A file that cannot be read is
 * returned with its reason. Throws if the root cannot be read.
 */
export async function readTree(root: string): Promise<EnvTree> {
  const files: SourceFile[] = [];
  const notes: string[] = [];

  async function visit(below: string, above: readonly string[]): Promise<void> {
    const folder = join(root, below);
    const inside = [...above, await realpath(folder)];
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      const target = isLink ? await stat(join(root, path)).catch(codeOf) : undefined;
      if (typeof target === "object" ? target.isDirectory() : entry.isDirectory()) await enter(path, isLink, inside);
      else if (/^[^.].*\.env$/.test(entry.name)) files.push(await readOne(path, isLink, target));
      else if (typeof target === "string") notes.push(`${join(root, path)}: error: ${await danglingOf(path)}`);
    }
  }

  async function enter(path: string, isLink: boolean, above: readonly string[]): Promise<void> {
    const place = join(root, path);
    const real = await realpath(place);
    if (isLink && above.includes(real)) {
      return void notes.push(`${place}: error: is a link to a folder above it and is left out; remove the link`);
    }
    if (isLink)
      notes.push(
        `${place}: warning: is a link to folder ${await readlink(place)}; its checks are read a second time here`,
      );
    await visit(path, above).catch((error: unknown) => {
      notes.push(`${place}: error: cannot be read (${codeOf(error)}); the folder is left out`);
    });
  }

  async function readOne(path: string, isLink: boolean, target: unknown): Promise<SourceFile> {
    if (isLink && typeof target === "string") return { path, text: "", unreadable: await danglingOf(path) };
    const text = await readRegular(join(root, path)).catch((error: unknown) => ({ code: codeOf(error) }));
    if (text === undefined) return { path, text: "", unreadable: "is no regular file" };
    return typeof text === "string" ? { path, text } : { path, text: "", unreadable: `cannot be read (${text.code})` };
  }

  async function danglingOf(path: string): Promise<string> {
    return `is a link to ${await readlink(join(root, path))}, which does not exist`;
  }

  await visit("", []);
  return { files, notes };
}

/** The text of a file; undefined for a pipe, a socket or a device, which may have no end. */
async function readRegular(path: string): Promise<string | undefined> {
  const facts = await stat(path);
  return facts.isFile() ? await readFile(path, "utf8") : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
