import type { Build, Verdict } from "../../api/objects/build.ts";

/** All verdicts of a Build, newest first. */
export function verdictsOf({ status }: Pick<Build, "status">): readonly Verdict[] {
  return [...(status?.verdict === undefined ? [] : [status.verdict]), ...(status?.history ?? [])];
}
