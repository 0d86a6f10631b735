import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";

/** Whether the builder's `force-hashes` lets it build the commit. */
export function mayBuild(builder: Builder | undefined, { spec }: Pick<Build, "spec">): boolean {
  const forced = builder?.status?.forced;
  return forced === undefined || forced.some((prefix) => spec.commit.startsWith(prefix));
}
