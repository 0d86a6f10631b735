import { run } from "../../system/process/run.ts";
import type { GitCredential } from "./credential.ts";

/** Result of one git command. */
export interface GitResult {
  readonly exitCode: number | undefined;
  /** Git's last line without `fatal:` or `error:`, or the reason why the command was cut off. */
  readonly message: string;
  /** The last part of its standard output and standard error. */
  readonly output: string;
  readonly stdout: string;
}

/** A credential, and the only server that may receive it. */
export interface GitAccess {
  readonly gitUrl: string;
  readonly credential: GitCredential;
}

/** Git commands on repositories that only this program writes. */
export interface Git {
  /** Runs a command. Only commands that reach the server get `access`. */
  run(args: readonly string[], cwd: string, timeoutMs?: number, access?: GitAccess): Promise<GitResult>;
  isRepository(path: string): Promise<boolean>;
  hasCommit(path: string, commit: string): Promise<boolean>;
  /** The commit of a ref. Undefined when the ref does not exist. */
  commitOf(path: string, ref: string): Promise<string | undefined>;
}

const localLimit = 60_000;
const mostHelpers = 8;

type Settings = readonly (readonly [key: string, value: string])[];

/**
 * Faults in old commits, tags and trees of many repositories. Git reads such objects without harm. Other faults, such
 * as a path in `.git`, stop a fetch. A tree with an empty name is missing here, because git cannot read it at all.
 */
const harmless = [
  ...["zeroPaddedFilemode", "zeroPaddedDate", "badFilemode", "fullPathname", "nullSha1"],
  ...["badDate", "badDateOverflow", "badTimezone", "missingSpaceBeforeDate", "missingSpaceBeforeEmail"],
  ...["badEmail", "missingEmail", "missingNameBeforeEmail", "badName", "multipleAuthors"],
  ...["missingTaggerEntry", "badTagName", "extraHeaderEntry", "nulInCommit", "gitmodulesParse"],
  ...["gitattributesLineLength", "gitattributesLarge"],
];

/**
 * Disables prompts, hooks, settings of the host and external protocol helpers. Aborts a transfer that stalls for 30 s.
 */
const settings: Settings = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.askPass", ""],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["fetch.unpackLimit", "1"],
  ["fetch.fsckObjects", "true"],
  ...harmless.map((fault) => [`fetch.fsck.${fault}`, "ignore"] as const),
  ["maintenance.auto", "false"],
  ["safe.directory", "*"],
  ["http.lowSpeedLimit", "1000"],
  ["http.lowSpeedTime", "30"],
  ["protocol.allow", "never"],
  ["protocol.https.allow", "always"],
  ["protocol.http.allow", "always"],
  ["protocol.file.allow", "always"],
];

/**
 * Creates a git client. `directory` becomes HOME of git. `signal` stops every running command. Root can run git as
 * another `user`.
 */
export function createGit(options: {
  readonly directory: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Git {
  const { user, signal } = options;
  const env = { ...options.environment, ...gitEnvironment(options.directory) };

  async function git(
    args: readonly string[],
    cwd: string,
    timeoutMs = localLimit,
    access?: GitAccess,
  ): Promise<GitResult> {
    const ended = await run({
      ...{ command: "git", args, cwd, timeoutMs, user, signal },
      env: { ...env, ...configuration(access === undefined ? settings : [...settings, ...settingsFor(access)]) },
      ...(access && { secret: answerOf(access.credential) }),
    });
    const mask = maskOf(access?.credential);
    const message =
      ended.notStarted ??
      (ended.timedOut
        ? `it took longer than ${Math.round(timeoutMs / 1000)} s`
        : ended.canceled
          ? "it was stopped"
          : mask(lastLine(ended.tail)));
    return { exitCode: ended.exitCode, message, output: mask(ended.tail), stdout: ended.stdout };
  }

  return {
    run: git,
    async isRepository(path) {
      const { exitCode } = await git(["--git-dir", path, "rev-parse", "--git-dir"], options.directory);
      return exitCode === 0;
    },
    async hasCommit(path, commit) {
      const { exitCode } = await git(["cat-file", "-e", `${commit}^{commit}`], path);
      return exitCode === 0;
    },
    async commitOf(path, ref) {
      const { exitCode, stdout } = await git(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], path);
      return exitCode === 0 ? stdout.trim() : undefined;
    },
  };
}

function gitEnvironment(home: string): Record<string, string> {
  return {
    HOME: home,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
}

function configuration(all: Settings): Readonly<Record<string, string>> {
  const entries = all.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(all.length), ...Object.fromEntries(entries) };
}

/**
 * A helper for one server that reads the credential from descriptor 3. Git runs a helper only after this server asked
 * for a credential. Git follows no redirect, so no other server can ask.
 */
function settingsFor({ gitUrl }: GitAccess): Settings {
  const read = "read -r name <&3 && read -r token <&3";
  const print = 'printf "username=%s\\npassword=%s\\n" "$name" "$token"';
  return [
    [`credential.${new URL(gitUrl).origin}.helper`, `!f() { [ "$1" = get ] && ${read} && ${print}; }; f`],
    ["http.followRedirects", "false"],
  ];
}

/** The text of descriptor 3. Each start of the helper reads two lines, and git may start more than one. */
function answerOf({ username, token }: GitCredential): string {
  return `${username}\n${token}\n`.repeat(mostHelpers);
}

/** Git repeats the words of the server, and a server could repeat the credential. */
function maskOf(credential: GitCredential | undefined): (text: string) => string {
  if (credential === undefined) return (text) => text;
  const { username, token } = credential;
  const forms = [token, encodeURIComponent(token), Buffer.from(`${username}:${token}`).toString("base64")];
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, "***"), text);
}

function lastLine(text: string): string {
  const line =
    text
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? "";
  return line === "" ? "git printed no message" : line.replace(/^(fatal|error): /, "").slice(0, 500);
}
