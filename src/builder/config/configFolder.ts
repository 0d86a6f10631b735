import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../system/parseJson.ts";
import { writeAtomically } from "../../system/writeFile.ts";
import {
  type ConfigDecision,
  type ConfigFile,
  type ConfigFound,
  type ConfigTexts,
  configFiles,
  type Declared,
  decideConfig,
} from "./config.ts";
import type { Sandbox } from "./sandbox.ts";

/** The folder `config/`: shows the settings of the pool and reads a person's overrides. */
export interface ConfigFolder {
  /**
   * Reads the files, updates the builder's own files, and returns the settings in force. Rejects only when the disk
   * fails.
   */
  read(declared: Declared): Promise<Pick<ConfigDecision, "settings" | "isSilencedByFile" | "warnings">>;
}

/** Bytes read of a file. Valid files are shorter. */
const longestText = 1000;
const Written = z.partialRecord(z.enum(configFiles), z.string());

export function createConfigFolder({ config, state }: Pick<Sandbox, "config" | "state">): ConfigFolder {
  const memory = join(state, "config.json");
  let lastWritten: ConfigTexts | undefined;

  return {
    async read(declared) {
      lastWritten ??= await readLastWritten(memory);
      const found = await readAll(config);
      const { write, written, ...decision } = decideConfig(declared, found, lastWritten);
      const remember = (texts: ConfigTexts) => writeAtomically(memory, `${JSON.stringify(texts)}\n`);
      // Noted first: after a crash or on a full disk, the builder would take its own `silent` for a person's.
      const silent = write.find(({ file }) => file === "silent")?.text;
      if (silent !== undefined) await remember({ ...lastWritten, silent });
      for (const { file, text } of write) {
        const path = join(config, file);
        await (text === undefined ? rm(path, { force: true }) : writeAtomically(path, text));
      }
      if (write.length > 0) await remember(written);
      lastWritten = written;
      return decision;
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

/**
 * The beginning of a file. Undefined when the path does not exist. A directory, pipe or unreadable file gives a reason
 * and never blocks.
 */
async function readText(path: string): Promise<ConfigFound[ConfigFile]> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // O_NONBLOCK opens a pipe that has no writer.
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

/** Losing this file is harmless: the builder's own files then count as a person's until they are deleted. */
async function readLastWritten(memory: string): Promise<ConfigTexts> {
  const text = await readFile(memory, "utf8").catch(() => "{}");
  const { data } = Written.safeParse(parseJson(text));
  return Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => value !== undefined));
}
