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
export const modes = ["namespaces", "modes"] as const;
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
  /** Mount options of a small tmpfs that replaces the disk of `up`. The attack then has an `up` of its own. */
  readonly volume?: string;
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

/**
 * Shell text before every script. `$shout ID` reports a canary. `$canary` is a text that no file of a pull request
 * contains. Searches use patterns with brackets, so that a command line never matches itself.
 */
export function prelude(id: string, reports: string): string {
  return [
    // As root, or outside a sandbox, some scripts would damage the machine.
    '[ "$(id -u)" -ge 60000 ] || exit 1; case $HOME in */builders/*/*) ;; *) exit 1 ;; esac',
    `id=${id} reports=${reports} run=$(cat ${reports}/run)`,
    'canary="canary-$run-$id" shout="$reports/shout" leak="$reports/leak"',
    `token='ghp_TheToken[N]obodyMaySee' victim="victi[m]-$run"`,
    'area=$(dirname "$WORK_DIR") arch=$ARCHITECTURE',
    "sandbox=${HOME%/builders/*}/builders/hello-0 work=${HOME%/builders/*} tools=${HOME%/builders/*}/builders/hello-0/tools",
    "lib=$HELLOLIB_ROOT packages=$WORK_DIR/$arch",
    '"$reports/report" "orders $id ${BUILDERPOOL_CELL:-none}"',
    'plant() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "# $canary" "$shout $id" >> "$1"; chmod a+rx "$1"; }',
    'plantPython() { mkdir -p "$(dirname "$1")"; printf "%s\\n" "# $canary" "import os; os.system(\'$shout $id\')" >> "$1"; }',
    'leave() { mkdir -p "$(dirname "$1")"; echo "$canary" >> "$1"; }',
    'trees() { for one in "$area"/* "$sandbox"/area/*/* "$sandbox"/base/*/*; do [ -d "$one/.git" ] && echo "$one"; done; }',
    "(",
  ].join("\n");
}

/** The script ends the test with 0, unless the honest verdict on the attack is a failure. */
export function scriptOf({ id, script = ":", result }: Attack, reports: string): string {
  const end = result === "Failure" ? "exit 1" : "exit 0";
  return `${prelude(id, reports)}\n${script.trim()}\n) 2> /dev/null\n${end}\n`;
}
