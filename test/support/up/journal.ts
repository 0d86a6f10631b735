import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** First and last sign of life of the processes of one build run, in milliseconds. */
export interface Run {
  readonly first: number;
  readonly last: number;
}

/** A file with signs of life of held builds, which shows the times of each run. */
export interface Journal {
  /**
   * A test of `hello` that ends on `release`. It leaves three processes that ignore SIGTERM: one in its session, one in a
   * new session, and one in a new session with an empty environment.
   */
  holding(name: string): Readonly<Record<string, string>>;
  release(name: string): void;
  /** Runs of a build in order. */
  runs(name: string): readonly Run[];
}

export function aJournal(directory: string): Journal {
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  const beat = `trap "" TERM HUP INT; while :; do date +%s%N >> "$0"; sleep 0.1; done`;
  const go = (name: string) => join(directory, `${name}.go`);

  return {
    holding: (name) => ({
      "test/hold.test": [
        `run=${directory}/${name}-$(cat /proc/sys/kernel/random/uuid)`,
        `beat='${beat}'`,
        "exec > /dev/null 2>&1",
        'sh -c "$beat" "$run" &',
        'setsid sh -c "$beat" "$run" &',
        'env -i PATH="$PATH" setsid sh -c "$beat" "$run" &',
        `until [ -e ${go(name)} ]; do sleep 0.1; done`,
        "",
      ].join("\n"),
    }),
    release: (name) => writeFileSync(go(name), ""),
    runs: (name) =>
      readdirSync(directory)
        .filter((file) => file.startsWith(`${name}-`))
        .map((file) => {
          const beats = readFileSync(join(directory, file), "utf8").trim().split("\n").map(Number);
          return { first: Math.min(...beats) / 1e6, last: Math.max(...beats) / 1e6 };
        })
        .toSorted((a, b) => a.first - b.first),
  };
}
