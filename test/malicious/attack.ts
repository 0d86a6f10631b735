/** Kinds of attacks, with their titles in docs/security.md. */
export const kinds = {
  isolation: "Builds change or read other builds",
  git: "Repositories carry bytes to other builds",
  availability: "A build takes its builder away",
  credentials: "A build reaches more than its own files",
  verdicts: "A build forges a result",
} as const;
type Kind = keyof typeof kinds;

/** How `up` separates processes: with namespaces, or on a machine without the program `unshare`. */
export const localModes = ["namespaces", "modes"] as const;
export type LocalMode = (typeof localModes)[number];

/** The places of a trial: one machine in two ways, or pods of a cluster. */
export const modes = [...localModes, "pods"] as const;
export type Mode = (typeof modes)[number];

/** What a pull request changes to carry an attack: a test of the package `hello`, or the recipe of `hello` in alidist. */
export const routes = ["source", "recipe"] as const;
export type Route = (typeof routes)[number];

/** One malicious pull request. */
export interface Attack {
  /** Letter of the kind and a number, such as `I-07`. */
  readonly id: string;
  readonly kind: Kind;
  /** The act of the build. Continues the words "a build". */
  readonly title: string;
  /** Where builderpool must stop the attack, for docs/security.md. */
  readonly held: string;
  /**
   * Shell text that aliBuild runs as a test or as the recipe of `hello`. `prelude` lists its variables and functions.
   * Absent: no build can start.
   */
  readonly script?: string;
  /** More files of the pull request. */
  readonly files?: Readonly<Record<string, string>>;
  /** The recipes that carry the script, if no test and no recipe of `hello` can carry the attack. */
  readonly recipes?: (script: string) => Readonly<Record<string, string>>;
  /** The only honest verdict on the attack itself. Absent: any end of the build is honest. */
  readonly result?: "Success" | "Failure";
  /**
   * Mount options of a small tmpfs that replaces the disk of `up`. The attack then has an `up` of its own. In pods,
   * test/e2e/faults/fullVolume.test.ts fills a volume.
   */
  readonly volume?: string;
  /** Where the attack makes sense. Default: everywhere. */
  readonly only?: readonly Mode[];
  /** Whether it ends its cell. After each end the kubelet waits longer, so the attack has a pod of its own. */
  readonly endsCell?: boolean;
}

/** Whether an attack can be tried in a mode. */
export function isPossible({ only = modes, volume }: Attack, mode: Mode): boolean {
  return only.includes(mode) && !(mode === "pods" && volume !== undefined);
}

/** An attack by one route. */
export interface Attempt {
  readonly attack: Attack;
  readonly route: Route;
}

/** The routes that can carry an attack. */
export function routesOf({ recipes }: Attack): readonly Route[] {
  return recipes === undefined ? routes : ["recipe"];
}

/** The surroundings of a build, as shell text. */
export interface Ground {
  /** Folder of the programs that report. */
  readonly reports: string;
  /** Ends the script outside a sandbox. There, or as root, some scripts would damage the machine. */
  readonly guard: string;
  /** Sets `sandbox`, `work` and `tools`, the folders that attacks search. */
  readonly folders: string;
}

/**
 * Shell text before every script. `$shout ID` reports a canary. `$canary` is a text that no file of a pull request
 * contains. Searches use patterns with brackets, so that a command line never matches itself.
 */
export function prelude(id: string, { reports, guard, folders }: Ground): string {
  return [
    guard,
    `id=${id} reports=${reports} run=$(cat ${reports}/run)`,
    'canary="canary-$run-$id" shout="$reports/shout" leak="$reports/leak"',
    `token='ghp_TheToken[N]obodyMaySee' victim="victi[m]-$run"`,
    'area=$(dirname "$WORK_DIR") arch=$ARCHITECTURE',
    folders,
    "lib=$HELLOLIB_ROOT packages=$WORK_DIR/$arch",
    '"$reports/report" "orders $id ${BUILDERPOOL_CELL:-none}"',
    "cells() { grep -lE 'cell(/main[.]ts|(-serve)?[.]mjs)' /proc/[0-9]*/cmdline | cut -d/ -f3; }",
    'plant() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "# $canary" "$shout $id" >> "$1"; chmod a+rx "$1"; }',
    'plantPython() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "# $canary" "import os; os.system(\'$shout $id\')" >> "$1"; }',
    'leave() { mkdir -p "$(dirname "$1")"; echo "$canary" >> "$1"; }',
    'trees() { for one in "$area"/* "$sandbox"/area/*/* "$sandbox"/base/*/*; do [ -d "$one/.git" ] && echo "$one"; done; }',
    "(",
  ].join("\n");
}

/** The script ends the test with 0, unless the honest verdict on the attack is a failure. */
export function scriptOf({ id, script = ":", result }: Attack, ground: Ground): string {
  const end = result === "Failure" ? "exit 1" : "exit 0";
  return `${prelude(id, ground)}\n${script.trim()}\n) 2> /dev/null\n${end}\n`;
}
