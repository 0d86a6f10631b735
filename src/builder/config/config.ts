import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";

/** Names of the files in `config/`. Each file has one line. */
export const configFiles = ["silent", "debug", "workers-pool-size", "worker-index", "timeout", "long-timeout"] as const;
export type ConfigFile = (typeof configFiles)[number];
export type ConfigTexts = { readonly [file in ConfigFile]?: string };
/** Contents of `config/`: the text of each file, or a verb phrase with the reason why it is unreadable. */
export type ConfigFound = { readonly [file in ConfigFile]?: string | { readonly unreadable: string } };

/** The settings in force for this builder. */
export interface Settings {
  readonly silent: boolean;
  readonly debug: boolean;
  /** Worker index and pool size from a person's files. They apply only with the strategy Modulo. */
  readonly partitionOverride?: { readonly index: number; readonly size: number };
  /** Time limits from a person's files, for every check. */
  readonly timeouts: { readonly command?: Milliseconds; readonly build?: Milliseconds };
}

/** Settings from the pool and the operator. The files show them. They apply unless a person overrides them. */
export interface Declared {
  readonly silent: boolean;
  readonly debug: boolean;
  readonly index: number | undefined;
  readonly size: number | undefined;
  /** The longest limit of all checks. */
  readonly command: Milliseconds | undefined;
  /** The longest limit of all checks. */
  readonly build: Milliseconds | undefined;
}

export interface ConfigDecision {
  readonly settings: Settings;
  /** Whether a person's file makes this builder silent, also while the pool is silent anyway. */
  readonly isSilencedByFile: boolean;
  /** Files to write for information. An undefined text deletes the file. Never contains a person's file. */
  readonly write: readonly { readonly file: ConfigFile; readonly text: string | undefined }[];
  /** Texts of the builder's own files after the write: `lastWritten` of the next decision. */
  readonly written: ConfigTexts;
  /** One sentence for each ignored file. */
  readonly warnings: readonly string[];
}

const longestLimit: Milliseconds = 14 * 86_400_000;

/**
 * Decides settings and file writes. A text that the builder did not write is a person's, and overrides the pool until
 * the file is deleted. Empty and invalid files are ignored with a warning. As on the old builders, any text in `silent`
 * or `debug` switches the setting on. `timeout` and `long-timeout` are in seconds, or durations such as `10m`. A file
 * can make a builder silent. It cannot make a silent pool loud.
 */
export function decideConfig(declared: Declared, found: ConfigFound, lastWritten: ConfigTexts): ConfigDecision {
  const warnings: string[] = [];
  const information = informationOf(declared);
  const isOurs = (file: ConfigFile) => {
    const text = found[file];
    if (text === undefined || text === lastWritten[file]) return true;
    // A person's `silent` may say the same as a silent pool. It must outlast the silence of the pool.
    return file !== "silent" && text === information[file];
  };
  const ours = configFiles.filter(isOurs);
  const write = ours
    .filter((file) => found[file] !== information[file])
    .map((file) => ({ file, text: information[file] }));

  function override<T>(file: ConfigFile, expected: string, parse: (line: string) => T | undefined): T | undefined {
    const text = found[file];
    if (text === undefined || isOurs(file)) return undefined;
    const line = typeof text === "string" ? (text.split("\n")[0]?.trim() ?? "") : "";
    const value = line === "" ? undefined : parse(line);
    if (value === undefined) {
      const content = line === "" ? "is empty" : `says ${JSON.stringify(line.slice(0, 60))}`;
      const problem = typeof text === "string" ? content : text.unreadable;
      warnings.push(`config/${file} ${problem}, so it is ignored: expected ${expected}, or delete it`);
    }
    return value;
  }

  const isOn = () => true;
  const silent = override("silent", "any text to make this builder silent", isOn);
  const debug = override("debug", "any text to switch debug on", isOn);
  const size = override("workers-pool-size", "a number of builders from 1", (line) => wholeNumberOf(line, 1, 10_000));
  const index = override("worker-index", "a number from 0", (line) => wholeNumberOf(line, 0, 9_999));
  const command = override("timeout", "seconds from 1, or a duration such as 10m", limitOf);
  const build = override("long-timeout", "seconds from 1, or a duration such as 10h", limitOf);
  const partitionOverride = partitionOverrideOf(declared, index, size, warnings);
  return {
    settings: {
      silent: silent ?? declared.silent,
      debug: debug ?? declared.debug,
      ...(partitionOverride === undefined ? {} : { partitionOverride }),
      timeouts: { ...(command === undefined ? {} : { command }), ...(build === undefined ? {} : { build }) },
    },
    isSilencedByFile: silent === true,
    write,
    written: Object.fromEntries(ours.flatMap((file) => (file in information ? [[file, information[file]]] : []))),
    warnings,
  };
}

function informationOf({ silent, debug, index, size, command, build }: Declared): ConfigTexts {
  return {
    ...(silent ? { silent: "true\n" } : {}),
    ...(debug ? { debug: "true\n" } : {}),
    ...(index === undefined ? {} : { "worker-index": `${index}\n` }),
    ...(size === undefined ? {} : { "workers-pool-size": `${size}\n` }),
    ...(command === undefined ? {} : { timeout: `${Math.ceil(command / 1000)}\n` }),
    ...(build === undefined ? {} : { "long-timeout": `${Math.ceil(build / 1000)}\n` }),
  };
}

/**
 * A missing index or size comes from the operator. An index outside the pool would own no build, so both files are
 * ignored.
 */
function partitionOverrideOf(
  declared: Declared,
  index: number | undefined,
  size: number | undefined,
  warnings: string[],
): Settings["partitionOverride"] {
  if (index === undefined && size === undefined) return undefined;
  const own = { index: index ?? declared.index, size: size ?? declared.size };
  if (own.index === undefined || own.size === undefined) return undefined;
  if (own.index < own.size) return { index: own.index, size: own.size };
  warnings.push(
    `config/worker-index ${own.index} is not below config/workers-pool-size ${own.size}, so both are ignored: expected an index from 0 to ${own.size - 1}`,
  );
  return undefined;
}

function wholeNumberOf(line: string, least: number, most: number): number | undefined {
  const value = /^[0-9]{1,6}$/.test(line) ? Number(line) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function limitOf(line: string): Milliseconds | undefined {
  const value = /^[0-9]{1,9}$/.test(line) ? Number(line) * 1000 : durationOf(line);
  return value !== undefined && value >= 1000 && value <= longestLimit ? value : undefined;
}

function durationOf(line: string): Milliseconds | undefined {
  return /^([0-9]{1,9}(ms|s|m|h|d))+$/.test(line) ? milliseconds(line) : undefined;
}
