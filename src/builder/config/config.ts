import { type Milliseconds, milliseconds } from "../../api/values/duration.ts";

/** Files of `config/`, by name. Each holds one line. */
export const configFiles = ["silent", "debug", "workers-pool-size", "worker-index", "timeout", "long-timeout"] as const;
export type ConfigFile = (typeof configFiles)[number];
export type ConfigTexts = { readonly [file in ConfigFile]?: string };
/** What lies in the folder: the text of each file, or, as a verb phrase, why it has none. */
export type ConfigFound = { readonly [file in ConfigFile]?: string | { readonly unreadable: string } };

/** What holds for this builder now. */
export interface Settings {
  readonly silent: boolean;
  readonly debug: boolean;
  /** A person's place in the partition, which counts with the strategy Modulo. */
  readonly share?: { readonly index: number; readonly size: number };
  /** A person's limits, for every check. */
  readonly timeouts: { readonly command?: Milliseconds; readonly build?: Milliseconds };
}

/** What pool and operator say, to be shown in the files and to hold where no person wrote one. */
export interface Declared {
  readonly silent: boolean;
  readonly debug: boolean;
  readonly index: number | undefined;
  readonly size: number | undefined;
  /** The longest among the checks. */
  readonly command: Milliseconds | undefined;
  readonly build: Milliseconds | undefined;
}

export interface ConfigDecision {
  readonly settings: Settings;
  /** Files to write for information; undefined: to delete. Files a person wrote are never among them. */
  readonly write: readonly { readonly file: ConfigFile; readonly text: string | undefined }[];
  /** What the files that are ours say then; the next decision's `lastWritten`. */
  readonly written: ConfigTexts;
  /** One sentence per file that is ignored. */
  readonly warnings: readonly string[];
}

const longestLimit: Milliseconds = 14 * 86_400_000;

/**
 * A file whose text is not what we last wrote was written by a person, and wins over the pool until it is deleted: an empty one, or one
 * that cannot be understood, is ignored with a warning. As on the old builders `silent` and `debug` are switched on by any text at all,
 * `timeout` and `long-timeout` are seconds (or `10m`), and a file can make a builder silent but not a silent pool loud.
 */
export function decideConfig(declared: Declared, found: ConfigFound, lastWritten: ConfigTexts): ConfigDecision {
  const warnings: string[] = [];
  const information = describe(declared);
  const isOurs = (file: ConfigFile) => {
    const text = found[file];
    return text === undefined || text === lastWritten[file] || text === information[file];
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
      const said = line === "" ? "is empty" : `says ${JSON.stringify(line.slice(0, 60))}`;
      const what = typeof text === "string" ? said : text.unreadable;
      warnings.push(`config/${file} ${what}, so it is ignored: expected ${expected}, or delete it`);
    }
    return value;
  }

  const isOn = () => true;
  const silent = override("silent", "any text to make this builder silent", isOn);
  const debug = override("debug", "any text to switch debug on", isOn);
  const size = override("workers-pool-size", "a number of builders from 1", (line) => whole(line, 1, 10_000));
  const index = override("worker-index", "a number from 0", (line) => whole(line, 0, 9_999));
  const command = override("timeout", "seconds from 1, or a duration such as 10m", limit);
  const build = override("long-timeout", "seconds from 1, or a duration such as 10h", limit);
  const share = shareOf(declared, index, size, warnings);
  return {
    settings: {
      silent: silent ?? declared.silent,
      debug: debug ?? declared.debug,
      ...(share === undefined ? {} : { share }),
      timeouts: { ...(command === undefined ? {} : { command }), ...(build === undefined ? {} : { build }) },
    },
    write,
    written: Object.fromEntries(ours.flatMap((file) => (file in information ? [[file, information[file]]] : []))),
    warnings,
  };
}

function describe({ silent, debug, index, size, command, build }: Declared): ConfigTexts {
  return {
    ...(silent ? { silent: "true\n" } : {}),
    ...(debug ? { debug: "true\n" } : {}),
    ...(index === undefined ? {} : { "worker-index": `${index}\n` }),
    ...(size === undefined ? {} : { "workers-pool-size": `${size}\n` }),
    ...(command === undefined ? {} : { timeout: `${Math.ceil(command / 1000)}\n` }),
    ...(build === undefined ? {} : { "long-timeout": `${Math.ceil(build / 1000)}\n` }),
  };
}

/** One of the two is enough: the operator knows the other. An index outside the pool owns nothing, so it cannot be meant. */
function shareOf(
  declared: Declared,
  index: number | undefined,
  size: number | undefined,
  warnings: string[],
): Settings["share"] {
  if (index === undefined && size === undefined) return undefined;
  const share = { index: index ?? declared.index, size: size ?? declared.size };
  if (share.index === undefined || share.size === undefined) return undefined;
  if (share.index < share.size) return { index: share.index, size: share.size };
  warnings.push(
    `config/worker-index ${share.index} is not below config/workers-pool-size ${share.size}, so both are ignored: expected an index from 0 to ${share.size - 1}`,
  );
  return undefined;
}

function whole(line: string, least: number, most: number): number | undefined {
  const value = /^[0-9]{1,6}$/.test(line) ? Number(line) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function limit(line: string): Milliseconds | undefined {
  const value = /^[0-9]{1,9}$/.test(line) ? Number(line) * 1000 : durationOf(line);
  return value !== undefined && value >= 1000 && value <= longestLimit ? value : undefined;
}

function durationOf(line: string): Milliseconds | undefined {
  return /^([0-9]{1,9}(ms|s|m|h|d))+$/.test(line) ? milliseconds(line) : undefined;
}
