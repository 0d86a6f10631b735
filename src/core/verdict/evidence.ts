import type { ToolOutput } from "./toolOutput.ts";

/** The facts that a success must rest on. */
export interface Evidence {
  /** The package of the check. */
  readonly package: string;
  /** The development package that contains the pull request, with its merged commit; absent for recipes and tools. */
  readonly merged?: { readonly name: string; readonly commit: string };
  readonly said: Pick<ToolOutput, "hasCompleted" | "hashesOf" | "buildOrder">;
  /** The contents of `.build-hash` of every installation of the check's package. */
  readonly installed: readonly string[];
  /** The content of `.build_succeeded` in the build directories of the merged package. */
  readonly succeeded: readonly string[];
}

/**
 * The reason why a success of aliBuild proves nothing about the pull request, as a sentence; undefined if it proves
 * that the pull request builds. The package of the check must be installed under a hash that aliBuild wanted for this
 * very merge. The merged development package must be built from the merged commit.
 */
export function missingEvidenceOf({ package: name, merged, said, installed, succeeded }: Evidence): string | undefined {
  const wanted = said.hashesOf(name);
  if (wanted === undefined || !said.hasCompleted(name)) {
    return `aliBuild did not build ${name}; the machine may have ${name} as a system package, or the defaults may disable ${name}`;
  }
  if (!installed.some((hash) => wanted.has(hash))) {
    return `${name} is not installed under a hash that aliBuild wanted for this merge`;
  }
  if (merged === undefined) return undefined;
  if (said.hashesOf(merged.name) === undefined) {
    return `${name} does not need ${merged.name}, so the build contains nothing of the pull request; correct package or checkout of the check`;
  }
  if (!succeeded.some((mark) => mark.startsWith(merged.commit))) {
    return `${merged.name} was not built from the merged commit ${merged.commit}`;
  }
  return undefined;
}
