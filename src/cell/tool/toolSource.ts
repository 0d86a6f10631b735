import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CellContext, endingOf, lastLineOf } from "../cellContext.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { borrow } from "../tree/borrow.ts";
import { git } from "../tree/git.ts";

/** The source of a tool version: a release on PyPI, or a commit of a repository. */
export type ToolSource =
  | { readonly key: string; readonly requirement: string; readonly repository?: never; readonly isProposed?: false }
  | {
      readonly key: string;
      readonly repository: string;
      readonly ref: string;
      readonly commit: string;
      /** The tool is the code of the pull request itself. */
      readonly isProposed: boolean;
    };

/**
 * The source of the check's `tool.alibuild`: a release on PyPI, or `owner/repository@ref`. A ref is resolved to its
 * commit, so that every commit is installed once. `$PR_HASH` is the commit of the pull request, from its mirror.
 * Without a pull request it is the tip of the check's branch.
 */
export async function toolSourceOf(context: CellContext): Promise<ToolSource> {
  const { check, gitUrl, pullRequest } = context.order;
  const match = /^(?<slug>[^/]+\/[^@]+)@(?<ref>.+)$/.exec(check.tool.alibuild);
  const slug = match?.groups?.["slug"];
  const wanted = match?.groups?.["ref"];
  if (slug === undefined || wanted === undefined) {
    return { key: check.tool.alibuild, requirement: `alibuild==${check.tool.alibuild}` };
  }
  const name = slug.replace("/", "-");
  const repository = `${gitUrl.replace(/\/$/, "")}/${slug}`;
  if (wanted === "$PR_HASH" && pullRequest !== undefined) {
    const { commit, mirror } = pullRequest;
    return { key: `${name}-${commit}`, repository: mirror, ref: commit, commit, isProposed: true };
  }
  const ref = wanted === "$PR_HASH" ? check.branch : wanted;
  const commit = await resolveRef(context, repository, ref);
  return { key: `${name}-${commit}`, repository, ref, commit, isProposed: false };
}

/** Checks out the sources of a tool with all tags, since tags define its version. Returns the directory. */
export async function fetchTool(
  context: CellContext,
  source: Extract<ToolSource, { repository: string }>,
): Promise<string> {
  const { repository, ref, commit } = source;
  const directory = join(context.order.paths.tmp, "tool");
  await runGit(context, source, ["init", "--quiet", "--template=", directory]);
  if (repository.startsWith("/")) {
    for (const [name, text] of Object.entries(await borrow(context, repository)))
      await writeFile(join(directory, ".git", name), text);
  } else {
    const refs = [ref, "+refs/tags/*:refs/tags/*"];
    await runGit(context, source, ["-C", directory, "fetch", "--quiet", "--", repository, ...refs]);
  }
  await runGit(context, source, ["-C", directory, "checkout", "--quiet", "--detach", commit]);
  return directory;
}

async function runGit(
  context: CellContext,
  { repository, ref }: { repository: string; ref: string },
  args: readonly string[],
) {
  const ended = await git(context, context.order.paths.tmp, args);
  if (ended.exitCode === 0) return;
  throw new InfrastructureFailure(
    "ToolInstallFailed",
    `git cannot fetch ${repository}@${ref}, the tool of check ${context.order.check.name}: it ${endingOf(ended)}: ${lastLineOf(ended)}`,
  );
}

async function resolveRef(context: CellContext, repository: string, ref: string): Promise<string> {
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  const ended = await git(context, context.order.paths.tmp, ["ls-remote", "--", repository, ref, `${ref}^{}`]);
  const found = new Map<string, string>();
  for (const line of ended.stdout.split("\n")) {
    const [id, name] = line.split("\t");
    if (id !== undefined && name !== undefined) found.set(name, id);
  }
  const names = [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`, ref];
  const commit = names.map((name) => found.get(name)).find((id) => id !== undefined);
  if (ended.exitCode === 0 && commit !== undefined) return commit;
  const reason =
    ended.exitCode === 0 ? "the repository has no such branch or tag" : `git ${endingOf(ended)}: ${lastLineOf(ended)}`;
  throw new InfrastructureFailure("ToolInstallFailed", `The ref ${ref} of ${repository} cannot be resolved: ${reason}`);
}
