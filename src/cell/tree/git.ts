import type { Ended } from "../../system/process/run.ts";
import { type CellContext, endingOf, lastLineOf, runShort } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/** Runs git in a directory. The caller interprets the exit code. */
export function git(
  context: CellContext,
  cwd: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly maxCapture?: number;
  } = {},
): Promise<Ended> {
  const { env, ...rest } = options;
  return runShort(context, "git", args, { cwd, ...rest, env: { ...context.env, ...env } });
}

/** Standard output of a git command that no pull request can make fail. A failure is an InfrastructureFailure. */
export async function gitOutput(
  context: CellContext,
  cwd: string,
  args: readonly string[],
  options: { readonly input?: string; readonly maxCapture?: number } = {},
): Promise<string> {
  const ended = await git(context, cwd, args, options);
  if (ended.exitCode === 0) return ended.stdout.trimEnd();
  await refuseFullDisk(context.order, ended.tail);
  throw gitFailure(args, ended);
}

/** The failure of a git command as an InfrastructureFailure. */
export function gitFailure(args: readonly string[], ended: Ended): InfrastructureFailure {
  const command = args[0] === "--git-dir" ? args[2] : args[0];
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
