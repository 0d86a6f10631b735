import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { builtImage } from "./buildah.ts";
import { debootstrap } from "./debian.ts";

const tools = ["ca-certificates", "git", "tini", "rsync", "python3", "python3-venv", "gcc", "g++", "make"];

/** Debian with the tools for test builds: git, a compiler, Python. Without Node: the cell brings its own. */
export function toolsBase(): Promise<string> {
  return builtImage("base-tools", tools, async (context) => {
    await debootstrap(join(context, "root"), tools);
    await writeFile(join(context, "Containerfile"), "FROM scratch\nCOPY root /\n");
  });
}

/** The tools image with the current Node. Replaces the BASE of the Dockerfile, which needs a registry. */
export async function nodeBase(): Promise<string> {
  const base = await toolsBase();
  return builtImage("base-node", [base, process.version], async (context) => {
    const program = join(context, "usr/local/bin/node");
    await mkdir(dirname(program), { recursive: true });
    await copyFile(process.execPath, program);
    // Symbols are a fifth of the binary.
    await execa("strip", ["--strip-unneeded", program]);
    await writeFile(join(context, "Containerfile"), `FROM ${base}\nCOPY usr /usr\n`);
  });
}
