import { access } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import type { Order, Source } from "../../api/cell/order.ts";
import type { CellContext } from "../cellContext.ts";
import { emptyFolder, reportLeftover } from "../disk/remove.ts";
import { InfrastructureFailure } from "../infrastructure.ts";
import { firstErrorOf, hasCommit } from "./git.ts";
import { createRepository, type TreeRepository } from "./repository.ts";
import { writeTree } from "./writeTree.ts";

/** Most of the time of one source is the start of git processes. */
const sourcesAtOnce = 4;

/** The repositories of an order by directory. */
export interface CheckedOut {
  readonly repositories: ReadonlyMap<string, TreeRepository>;
  /** Resolves when the files of all sources except the merge directory are written. Rejects if they cannot be written. */
  readonly written: Promise<unknown>;
}

/**
 * Creates the repository of every source in the work area, from its mirror alone, and begins to write its files. No byte
 * of an earlier build counts: not the repository, not the index, and no file whose content differs. The files of the merge
 * directory are not written: `merge` first decides whether the pull request is built.
 */
export async function checkout(context: CellContext): Promise<CheckedOut> {
  const { order, emit } = context;
  await emit({ event: "step", step: "checkout" });
  await removeUnexpected(order);
  const merged = order.pullRequest !== undefined && !order.check.testsTool ? order.check.checkout : undefined;
  const atOnce = pLimit(sourcesAtOnce);
  const repositories = await firstErrorOf(
    order.sources.map((source) =>
      atOnce(async () => {
        const [, created] = await firstErrorOf([refuseMissing(context, source), createRepository(context, source)]);
        return created;
      }),
    ),
  );
  const others = repositories.filter(({ source }) => source.directory !== merged);
  const written = firstErrorOf(
    others.map((repository) => atOnce(() => writeTree(context, repository, repository.source.commit))),
  );
  written.catch(() => {}); // The caller may still wait for something else.
  return { repositories: new Map(repositories.map((one) => [one.source.directory, one])), written };
}

/**
 * Removes all entries of the work area that are no source. aliBuild treats every directory with the name of a package as
 * a development package.
 */
async function removeUnexpected(order: Order): Promise<void> {
  const keep = new Set(["sw", ...order.sources.map(({ directory }) => directory)]);
  reportLeftover(await emptyFolder(order.paths.area, { keep }));
}

async function refuseMissing(context: CellContext, { repository, mirror, commit }: Source): Promise<void> {
  const there = await access(join(mirror, "objects")).then(
    () => true,
    () => false,
  );
  if (!there) {
    throw new InfrastructureFailure(
      "FetchFailed",
      `The mirror of ${repository} cannot be read at ${mirror}; the builder must fetch it again`,
    );
  }
  if (await hasCommit(context, mirror, commit)) return;
  throw new InfrastructureFailure(
    "CommitNotFound",
    `The mirror of ${repository} has no commit ${commit}; the builder must fetch it again`,
  );
}
