import type { CellContext } from "../cellContext.ts";
import { gitOutput } from "./git.ts";

/** Maximum size of a list of changed files, in bytes. A larger pull request exceeds every growth limit. */
const longestList = 2 ** 28;

/** The growth of the files of a checkout between two commits, in bytes; negative if they shrank. */
export async function growthOf(context: CellContext, tree: string, from: string, to: string): Promise<number> {
  const raw = await gitOutput(
    context,
    tree,
    ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", from, to],
    { maxCapture: longestList },
  );
  const changes = [
    ...raw.matchAll(/:(?<oldMode>[0-7]{6}) (?<newMode>[0-7]{6}) (?<before>[0-9a-f]+) (?<after>[0-9a-f]+) /g),
  ];
  const sizes = await blobSizes(
    context,
    tree,
    changes.flatMap(({ groups }) => [groups?.["before"] ?? "", groups?.["after"] ?? ""]),
  );
  const size = (id: string | undefined) => sizes.get(id ?? "") ?? 0;
  return changes.reduce((sum, { groups }) => sum + size(groups?.["after"]) - size(groups?.["before"]), 0);
}

/** Sizes by object id, without ids of missing files and submodules. */
async function blobSizes(
  context: CellContext,
  tree: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(ids)].filter((id) => !/^0*$/.test(id));
  if (wanted.length === 0) return new Map();
  const answer = await gitOutput(
    context,
    tree,
    ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
    {
      input: `${wanted.join("\n")}\n`,
      maxCapture: longestList,
    },
  );
  return new Map(
    [...answer.matchAll(/^(?<id>[0-9a-f]+) blob (?<size>[0-9]+)$/gm)].map(({ groups }) => [
      groups?.["id"] ?? "",
      Number(groups?.["size"]),
    ]),
  );
}
