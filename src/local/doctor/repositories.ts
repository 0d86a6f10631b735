import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { createGit } from "../../builder/git/git.ts";
import { remoteOf } from "../../builder/work/order.ts";
import { poolChecksOf } from "../../core/definitions/checks.ts";
import type { MachineFacts } from "../../core/machine/facts.ts";
import { messageOf } from "../../system/messageOf.ts";
import { createLocalGitCredentials } from "../credential.ts";

type Repository = MachineFacts["repositories"][number];
type Remote = ReturnType<typeof remoteOf>;

const timeoutMs = 30_000;

/** Looks up each branch that the checks need once with `git ls-remote`, with the credential of a builder if any. */
export async function repositoryFactsOf(
  pools: readonly BuilderPool[],
  environment: Readonly<Record<string, string>>,
  workDir: string,
): Promise<readonly Repository[]> {
  const wanted = new Map(pools.flatMap(branchesOf).map((each) => [`${each.address} ${each.branch}`, each]));
  if (wanted.size === 0) return [];
  const directory = await mkdtemp(join(tmpdir(), "builderpool-doctor-"));
  const atOnce = pLimit(4);
  const credentials = createLocalGitCredentials(workDir);
  const git = createGit({ directory, environment, signal: new AbortController().signal });
  try {
    const lookups = [...wanted.values()].map((repository) =>
      atOnce(async () => {
        const ref = repository.branch === undefined ? "HEAD" : `refs/heads/${repository.branch}`;
        try {
          const credential = await credentials(repository);
          const access = credential && { gitUrl: repository.gitUrl, credential };
          const args = ["ls-remote", "--", repository.address, ref];
          const { exitCode, message } = await git.run(args, directory, timeoutMs, access);
          return { ...repository, found: exitCode === 0, message };
        } catch (error) {
          return { ...repository, found: false, message: messageOf(error) };
        }
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

function branchesOf(pool: BuilderPool): readonly (Repository & Remote)[] {
  const remote = remoteOf(pool);
  const base = remote.gitUrl.replace(/\/+$/, "");
  return poolChecksOf(pool).checks.flatMap(({ repository, branch, developmentPackages }) =>
    [{ repository, branch }, ...developmentPackages].map((source) => ({
      address: `${base}/${source.repository}`,
      branch: source.branch,
      ...remote,
    })),
  );
}
