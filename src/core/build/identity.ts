import { hash } from "node:crypto";
import type { Build } from "../../api/objects/build.ts";
import type { ResolvedCheck } from "../../api/objects/check.ts";
import { checkLabel, poolLabel, pullRequestLabel } from "../../api/objects/group.ts";
import type { Stored } from "../../api/objects/kinds.ts";

/**
 * Name of the one Build of a pool, check and pull request: the same whenever it is computed, so that creating it twice is
 * noticed. The hash stands for check and repository, which may hold characters that a name may not.
 */
export function buildNameOf(
  pool: string,
  { name, repository }: Pick<ResolvedCheck, "name" | "repository">,
  number: number,
) {
  return `${pool}-${number}-${hash("sha256", `${name}\0${repository}`, "hex").slice(0, 10)}`;
}

/** Metadata of a new Build; it goes when its pool goes. */
export function buildMetadataOf(pool: Stored<"BuilderPool">, check: ResolvedCheck, number: number): Build["metadata"] {
  const { name, uid } = pool.metadata;
  return {
    name: buildNameOf(name, check, number),
    labels: { [poolLabel]: name, [checkLabel]: labelValue(check.name), [pullRequestLabel]: String(number) },
    ownerReferences: [{ apiVersion: pool.apiVersion, kind: pool.kind, name, uid, controller: true }],
  };
}

/** The name of the check's log directory, as far as a label can hold it: 63 characters, a letter or digit at both ends. */
function labelValue(check: string): string {
  return check
    .replace(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 63)
    .replace(/^[_-]+|[_-]+$/g, "");
}
