import type { Build } from "../../api/objects/build.ts";
import { isSameName } from "../../api/values/gitHubName.ts";
import { isWanted } from "../build/state.ts";

/**
 * Whether the Build may start the first build of a commit, or runs it. Trust in this commit is read again from GitHub
 * with every listing and after the claim: nothing shows that a reviewer or author lost his rights.
 */
export function isFirstBuild(build: Build): boolean {
  const { spec, status } = build;
  return isWanted(build) && spec.blocked === undefined && status?.verdict?.commit !== spec.commit;
}

/** The numbers of the pull requests of a repository and base branch with such a Build, sorted, without duplicates. */
export function firstBuildsOf(
  builds: readonly Build[],
  { repository, branch }: { readonly repository: string; readonly branch: string },
): readonly number[] {
  const numbers = builds
    .filter(
      (build) => isFirstBuild(build) && isSameName(build.spec.repository, repository) && build.spec.base === branch,
    )
    .map(({ spec }) => spec.number);
  return [...new Set(numbers)].sort((a, b) => a - b);
}
