import type { Ended } from "../../system/process/run.ts";
import { ending, type Hands, lastLine, runShort } from "../cellContext.ts";
import { refuseFullDisk } from "../disk/space.ts";
import { InfrastructureFailure } from "../infrastructure.ts";

/** Runs git in a directory; whatever its exit code, the caller decides what it means. */
export function git(
  hands: Hands,
  cwd: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly maxCapture?: number;
  } = {},
): Promise<Ended> {
  const { env, ...rest } = options;
  return runShort(hands, "git", args, { cwd, ...rest, env: { ...hands.env, ...env } });
}

/** Standard output of a git command that cannot fail because of a pull request; its failure is the builder's. */
export async function gitOutput(
  hands: Hands,
  cwd: string,
  args: readonly string[],
  options: { readonly input?: string; readonly maxCapture?: number } = {},
): Promise<string> {
  const ended = await git(hands, cwd, args, options);
  if (ended.exitCode === 0) return ended.stdout.trimEnd();
  await refuseFullDisk(hands.order, ended.tail);
  throw gitFailure(args, ended);
}

/** The failure of a git command as the builder's fault. */
export function gitFailure(args: readonly string[], ended: Ended): InfrastructureFailure {
  const command = args[0] === "--git-dir" ? args[2] : args[0];
  return new InfrastructureFailure("SelfTestFailed", `git ${command} ${ending(ended)}: ${lastLine(ended)}`);
}

/** Whether a mirror has a commit with its tree. It is named, not entered: older gits (2.35 to 2.37) heed no `safe.directory` of ours. */
export async function hasCommit(hands: Hands, mirror: string, commit: string): Promise<boolean> {
  const args = ["--git-dir", mirror, "cat-file", "-e", `${commit}^{tree}`];
  const ended = await git(hands, hands.order.paths.tmp, args);
  if (ended.exitCode === undefined) throw gitFailure(args, ended);
  return ended.exitCode === 0;
}
