import type { Build, VerdictResult } from "../../api/objects/build.ts";

/** Red results that may come from a fault of the builder or of its trees. */
export const redResults: ReadonlySet<VerdictResult> = new Set(["Failure", "DoctorError"]);

/**
 * The builder that gave the red verdict on the wanted commit; undefined if there is none. Another ready builder repeats
 * the build: the fault may be in the first builder or its tree.
 */
export function failedBuilderOf({ spec, status }: Pick<Build, "spec" | "status">): string | undefined {
  const verdict = status?.verdict;
  return verdict !== undefined && verdict.commit === spec.commit && redResults.has(verdict.result)
    ? verdict.builder
    : undefined;
}
