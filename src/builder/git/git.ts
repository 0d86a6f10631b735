import { mkdirSync } from "node:fs";
import { run } from "../../system/process/run.ts";

/** Result of one git command. */
export interface GitResult {
  readonly exitCode: number | undefined;
  /** Git's last line without `fatal:` or `error:`, or the reason why the command was cut off. */
  readonly message: string;
  /** The last part of its standard output and standard error. */
  readonly output: string;
  readonly stdout: string;
}

/** Git commands on repositories that only this program writes. */
export interface Git {
  run(args: readonly string[], cwd: string, timeoutMs?: number): Promise<GitResult>;
  isRepository(path: string): Promise<boolean>;
  hasCommit(path: string, commit: string): Promise<boolean>;
  /** The commit of a ref. Undefined when the ref does not exist. */
  commitOf(path: string, ref: string): Promise<string | undefined>;
}

const localLimit = 60_000;

/**
 * Disables prompts, hooks, settings of the host and external protocol helpers. Aborts a transfer that stalls for 30 s.
 */
const settings: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.askPass", ""],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["fetch.unpackLimit", "1"],
  ["maintenance.auto", "false"],
  ["safe.directory", "*"],
  ["http.lowSpeedLimit", "1000"],
  ["http.lowSpeedTime", "30"],
  ["protocol.allow", "never"],
  ["protocol.https.allow", "always"],
  ["protocol.http.allow", "always"],
  ["protocol.file.allow", "always"],
];

/** Creates a git client. `directory` becomes HOME of git. `signal` stops every running command. */
export function createGit(options: {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Git {
  mkdirSync(options.directory, { recursive: true });
  const env = { ...options.environment, ...gitEnvironment(options.directory) };

  async function git(args: readonly string[], cwd: string, timeoutMs = localLimit): Promise<GitResult> {
    const ended = await run({ command: "git", args, cwd, env, timeoutMs, signal: options.signal });
    const message =
      ended.notStarted ??
      (ended.timedOut
        ? `it took longer than ${Math.round(timeoutMs / 1000)} s`
        : ended.canceled
          ? "it was stopped"
          : lastLine(ended.tail));
    return { exitCode: ended.exitCode, message, output: ended.tail, stdout: ended.stdout };
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
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

function lastLine(text: string): string {
  const line =
    text
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? "";
  return line === "" ? "git printed no message" : line.replace(/^(fatal|error): /, "").slice(0, 500);
}
