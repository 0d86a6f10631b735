import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { createGit } from "../../builder/git/git.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";

type Repository = MachineFacts["repositories"][number];

const timeoutMs = 30_000;

/** Looks up each branch that the checks need once with `git ls-remote`, without a credential as a builder does. */
export async function repositoryFactsOf(
  pools: readonly BuilderPool[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly Repository[]> {
  const wanted = new Map(pools.flatMap(branchesOf).map((each) => [`${each.address} ${each.branch}`, each]));
  if (wanted.size === 0) return [];
  const directory = await mkdtemp(join(tmpdir(), "builderpool-doctor-"));
  const atOnce = pLimit(4);
  const git = createGit({ directory, environment, signal: new AbortController().signal });
  try {
    const lookups = [...wanted.values()].map((repository) =>
      atOnce(async () => {
        const ref = repository.branch === undefined ? "HEAD" : `refs/heads/${repository.branch}`;
        const { exitCode, message } = await git.run(["ls-remote", "--", repository.address, ref], directory, timeoutMs);
        return { ...repository, found: exitCode === 0, message };
      }),
    );
    return (await Promise.all(lookups)).map(({ address, branch, found, message }) => {
      if (!found) return { address, branch, trouble: message };
      return message.includes("\t") ? { address, branch } : { address, branch, trouble: "there is no such branch" };
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

function branchesOf(pool: BuilderPool): readonly Repository[] {
  const base = pool.spec.github.gitUrl.replace(/\/+$/, "");
  return poolChecksOf(pool).checks.flatMap(({ repository, branch, developmentPackages }) =>
    [{ repository, branch }, ...developmentPackages].map((source) => ({
      address: `${base}/${source.repository}`,
      branch: source.branch,
    })),
  );
}
