import type { Build } from "../../../api/objects/build.ts";
import { isClaimable, isShadow } from "../../build/state.ts";
import type { Company } from "../../partition/silence.ts";
import type { QueueView } from "../partitionView.ts";

/** The shadow to build when no other work is left: the newest loud build first. Ties go by name. */
export function chooseShadow({ builds, now }: Pick<QueueView, "builds" | "now">, company: Company): Build | undefined {
  return builds
    .filter((build) => isShadow(build) && company.mayClaim(build) && isClaimable(build, now))
    .reduce<Build | undefined>(
      (first, build) => (first === undefined || isNewer(build, first) ? build : first),
      undefined,
    );
}

function isNewer(a: Build, b: Build): boolean {
  if (a.spec.waitingSince !== b.spec.waitingSince) return a.spec.waitingSince > b.spec.waitingSince;
  return a.metadata.name < b.metadata.name;
}
