import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  type ConfigFile,
  type ConfigTexts,
  configFiles,
  type Declared,
  decideConfig,
  type Settings,
} from "./config.ts";
import { place } from "./place.ts";
import type { Sandbox } from "./sandbox.ts";

/** The folder `config/`, kept up to date, and what a person's files in it mean. */
export interface ConfigFolder {
  /** Reads the files, writes for information what changed, and returns what holds now. Fails only when the disk does. */
  read(declared: Declared): Promise<{ readonly settings: Settings; readonly warnings: readonly string[] }>;
}

/** No honest file is longer. */
const longestText = 1000;
const Written = z.partialRecord(z.enum(configFiles), z.string());

export function configFolder({ config, state }: Pick<Sandbox, "config" | "state">): ConfigFolder {
  const memory = join(state, "config.json");
  let lastWritten: ConfigTexts | undefined;

  return {
    async read(declared) {
      lastWritten ??= await recall(memory);
      const found = await readAll(config);
      const { settings, write, written, warnings } = decideConfig(declared, found, lastWritten);
      for (const { file, text } of write) {
        const path = join(config, file);
        await (text === undefined ? rm(path, { force: true }) : place(path, text));
      }
      if (write.length > 0) await place(memory, `${JSON.stringify(written)}\n`);
      lastWritten = written;
      return { settings, warnings };
    },
  };
}

async function readAll(config: string): Promise<ConfigTexts> {
  const texts = await Promise.all(configFiles.map((file) => readText(join(config, file))));
  const entries = configFiles.flatMap((file, index): [ConfigFile, string][] => {
    const text = texts[index];
    return text === undefined ? [] : [[file, text]];
  });
  return Object.fromEntries(entries);
}

async function readText(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text?.slice(0, longestText);
}

/** Forgetting it is harmless: our own files then count as a person's until they are deleted. */
async function recall(memory: string): Promise<ConfigTexts> {
  const text = await readFile(memory, "utf8").catch(() => "{}");
  try {
    const { data } = Written.safeParse(JSON.parse(text));
    return Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => value !== undefined));
  } catch {
    return {};
  }
}
