import { hash } from "node:crypto";
import type { Build, BuildSpec } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { checkLabel, commitLabel, poolLabel, pullRequestLabel } from "../../api/objects/group.ts";
import type { Stored } from "../../api/objects/kinds.ts";

/**
 * The name of the only Build of a pool, check and pull request. The name is deterministic, so a second create fails
 * with a conflict. The hash replaces check and repository, because both may contain characters that are invalid in a
 * name.
 */
export function buildNameOf(
  pool: string,
  { name, repository }: Pick<ResolvedCheck, "name" | "repository">,
  number: number,
) {
  return `${pool}-${number}-${hash("sha256", `${name}\0${repository}`, "hex").slice(0, 10)}`;
}

/** The name of the shadow that the silent builders of a loud pool build. */
export function shadowNameOf(build: string): string {
  return `${build}-shadow`;
}

/** The metadata of a new Build. The owner reference deletes the Build together with its pool. */
export function buildMetadataOf(
  pool: Stored<"BuilderPool">,
  check: Pick<ResolvedCheck, "name" | "repository">,
  number: number,
): Build["metadata"] {
  const { name, uid } = pool.metadata;
  return {
    name: buildNameOf(name, check, number),
    labels: { [poolLabel]: name, [checkLabel]: labelValueOf(check.name), [pullRequestLabel]: String(number) },
    ownerReferences: [{ apiVersion: pool.apiVersion, kind: pool.kind, name, uid, controller: true }],
  };
}

/** The Build with the label of its commit, which `kubectl get builds` shows. */
export function labelCommit<B extends Build>(build: B): B {
  const { metadata, spec } = build;
  return { ...build, metadata: { ...metadata, labels: { ...metadata.labels, [commitLabel]: commitLabelOf(spec) } } };
}

/** Whether the Build has the label of this commit. */
export function hasCommitLabel({ metadata }: Build, spec: Pick<BuildSpec, "commit">): boolean {
  return metadata.labels?.[commitLabel] === commitLabelOf(spec);
}

function commitLabelOf({ commit }: Pick<BuildSpec, "commit">): string {
  return commit.slice(0, 8);
}

/**
 * The name of the check's log directory as a label value: at most 63 characters, with a letter or digit at both ends.
 */
function labelValueOf(check: string): string {
  return check
    .replace(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 63)
    .replace(/^[_-]+|[_-]+$/g, "");
}
