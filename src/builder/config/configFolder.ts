import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import {
  type ConfigFile,
  type ConfigFound,
  type ConfigTexts,
  configFiles,
  type Declared,
  decideConfig,
  type Settings,
} from "./config.ts";
import type { Sandbox } from "./sandbox.ts";

/** The folder `config/`, kept up to date, and what a person's files in it mean. */
export interface ConfigFolder {
  /** Reads the files, writes for information what changed, and returns what holds now. Fails only when the disk does. */
  read(declared: Declared): Promise<{ readonly settings: Settings; readonly warnings: readonly string[] }>;
}

/** No honest file is longer. */
const longestText = 1000;
const Written = z.partialRecord(z.enum(configFiles), z.string());

export function createConfigFolder({ config, state }: Pick<Sandbox, "config" | "state">): ConfigFolder {
  const memory = join(state, "config.json");
  let lastWritten: ConfigTexts | undefined;

  return {
    async read(declared) {
      lastWritten ??= await recall(memory);
      const found = await readAll(config);
      const { settings, write, written, warnings } = decideConfig(declared, found, lastWritten);
      for (const { file, text } of write) {
        const path = join(config, file);
        await (text === undefined ? rm(path, { force: true }) : writeAtomically(path, text));
      }
      if (write.length > 0) await writeAtomically(memory, `${JSON.stringify(written)}\n`);
      lastWritten = written;
      return { settings, warnings };
    },
  };
}

async function readAll(config: string): Promise<ConfigFound> {
  const texts = await Promise.all(configFiles.map((file) => readText(join(config, file))));
  const entries = configFiles.flatMap((file, index): [ConfigFile, ConfigFound[ConfigFile]][] => {
    const text = texts[index];
    return text === undefined ? [] : [[file, text]];
  });
  return Object.fromEntries(entries);
}

/** The beginning of a file; undefined when it is not there. Whatever else lies in its place is told about, and holds nobody up. */
async function readText(path: string): Promise<ConfigFound[ConfigFile]> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe nobody writes to is opened all the same
    if (!(await file.stat()).isFile()) return { unreadable: "is not a file" };
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestText), 0, longestText, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : { unreadable: `cannot be read (${code})` };
  } finally {
    await file?.close();
  }
}

/** Forgetting it is harmless: our own files then count as a person's until they are deleted. */
async function recall(memory: string): Promise<ConfigTexts> {
  const text = await readFile(memory, "utf8").catch(() => "{}");
  const { data } = Written.safeParse(parseJson(text));
  return Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => value !== undefined));
}
