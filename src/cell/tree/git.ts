import type { Command, Ended } from "../../system/process/run.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

interface Options extends Pick<Partial<Command>, "input" | "maxCapture" | "signal" | "onChunk"> {
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
}

/** A build can write to HOME. Git would read attributes and ignored names from there. */
const ownConfig = { "core.attributesFile": "/dev/null", "core.excludesFile": "/dev/null" };

/** Runs git in a directory. The caller interprets the exit code. */
export function git(
  context: CellContext,
  cwd: string,
  args: readonly string[],
  { env, config, ...rest }: Options = {},
): Promise<Ended> {
  const settings = Object.entries({ ...ownConfig, ...config }).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  return runShort(context, "git", [...settings, ...args], {
    cwd,
    ...rest,
    env: { ...context.env, GIT_ATTR_NOSYSTEM: "1", ...env },
  });
}

/** Standard output of a git command that no pull request can make fail. A failure is an InfrastructureFailure. */
export async function gitOutput(
  context: CellContext,
  cwd: string,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const ended = await git(context, cwd, args, options);
  if (ended.exitCode === 0) return ended.stdout.trimEnd();
  await refuseFullDisk(context.order, ended.tail);
  throw gitFailure(args, ended);
}

/** Git's words about objects that are not in the mirror, or that git cannot read there. */
const damage =
  /unable to read|missing (blob|tree|commit)|corrupt|inflate|bad object|not a valid object|could not (read|parse)|object file .* is empty|far too short|sha1 mismatch/i;

/** The failure of a git command as an InfrastructureFailure. FetchFailed makes the builder clone the mirror again. */
export function gitFailure(args: readonly string[], ended: Ended): InfrastructureFailure {
  const command = args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--git-dir");
  if (ended.exitCode !== undefined && damage.test(ended.tail)) {
    const message = `A mirror is damaged: git ${command} ${endingOf(ended)}: ${lastLineOf(ended)}; the builder must fetch it again`;
    return new InfrastructureFailure("FetchFailed", message);
  }
  return new InfrastructureFailure("SelfTestFailed", `git ${command} ${endingOf(ended)}: ${lastLineOf(ended)}`);
}

/**
 * Whether a mirror has a commit and its tree. Uses `--git-dir`, since git 2.35 to 2.37 ignore our `safe.directory` in a
 * mirror's folder.
 */
export async function hasCommit(context: CellContext, mirror: string, commit: string): Promise<boolean> {
  const args = ["--git-dir", mirror, "cat-file", "-e", `${commit}^{tree}`];
  const ended = await git(context, context.order.paths.tmp, args);
  if (ended.exitCode === undefined) throw gitFailure(args, ended);
  return ended.exitCode === 0;
}

/**
 * Waits for all promises, also after a failure, so that nothing writes to the tree any more. Rejects with the error of the
 * first failed promise in the order of the list.
 */
export async function firstErrorOf<const T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  for (const result of await Promise.allSettled(promises)) if (result.status === "rejected") throw result.reason;
  return (await Promise.all(promises)) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
