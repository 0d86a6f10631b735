import { hash } from "node:crypto";
import type { Build } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { checkLabel, poolLabel, pullRequestLabel } from "../../api/objects/group.ts";
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

/** The metadata of a new Build. The owner reference deletes the Build together with its pool. */
export function buildMetadataOf(pool: Stored<"BuilderPool">, check: ResolvedCheck, number: number): Build["metadata"] {
  const { name, uid } = pool.metadata;
  return {
    name: buildNameOf(name, check, number),
    labels: { [poolLabel]: name, [checkLabel]: labelValueOf(check.name), [pullRequestLabel]: String(number) },
    ownerReferences: [{ apiVersion: pool.apiVersion, kind: pool.kind, name, uid, controller: true }],
  };
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
