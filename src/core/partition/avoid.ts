import type { Build, VerdictResult } from "../../api/objects/build.ts";

const red: ReadonlySet<VerdictResult> = new Set(["Failure", "DoctorError"]);

/**
 * The builder that gave the red verdict on the wanted commit; undefined if there is none. Another ready builder repeats
 * the build: the fault may be in the first builder or its tree.
 */
export function failedBuilderOf({ spec, status }: Pick<Build, "spec" | "status">): string | undefined {
  const verdict = status?.verdict;
  return verdict !== undefined && verdict.commit === spec.commit && red.has(verdict.result)
    ? verdict.builder
    : undefined;
}
