import { describe, expect, it } from "vitest";
import type { Build } from "../../../../src/api/objects/build.ts";
import { start, takeBack } from "../../../../src/core/build/claim.ts";
import { mustStop } from "../../../../src/core/build/state.ts";
import { sha } from "../../../support/objects/build.ts";
import { applied, claimed, holderOf, running } from "../../../support/objects/inHands.ts";
import { iso, noon } from "../../../support/objects/moment.ts";

const holder = holderOf("o2-0");

describe("holder", () => {
  it("continues while nothing changes", () => {
    expect(mustStop(running(), holder)).toBeUndefined();
  });

  it.each<[string, (build: Build) => Build | undefined, string]>([
    ["the Build was deleted", () => undefined, "The pull request was closed or merged, or is no longer tested here"],
    [
      "the build is being deleted",
      (build) => ({ ...build, metadata: { ...build.metadata, deletionTimestamp: iso(noon) } }),
      "build/O2/o2 of o/r#1 is being deleted",
    ],
    [
      "there is a new commit",
      (build) => ({ ...build, spec: { ...build.spec, commit: sha("f"), request: 2 } }),
      "build/O2/o2 of o/r#1 has a new commit, 0000000000",
    ],
    [
      "a rebuild was requested",
      (build) => ({ ...build, spec: { ...build.spec, request: 2 } }),
      "A rebuild of build/O2/o2 of o/r#1 was requested",
    ],
    [
      "the Build is blocked",
      (build) => ({ ...build, spec: { ...build.spec, blocked: { reason: "Draft", message: "It is a draft" } } }),
      "It is a draft",
    ],
    [
      "another pool published a verdict",
      (build) => ({ ...build, spec: { ...build.spec, answered: 1 } }),
      "Another pool or system published a verdict on build/O2/o2 of o/r#1",
    ],
    [
      "its claim was taken back",
      (build) => applied(build, takeBack(build, { cause: "Lost" }, noon)),
      `"o2-0" no longer holds attempt 1 of build/O2/o2 of o/r#1`,
    ],
  ])("must stop, and not start, when %s", (_, change, because) => {
    expect(mustStop(change(running()), holder)).toBe(because);
    const held = change(claimed());
    if (held !== undefined) expect(start(held, holder)).toHaveProperty("refused");
  });
});
