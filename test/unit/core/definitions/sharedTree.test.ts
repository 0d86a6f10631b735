import { describe, expect, it } from "vitest";
import { refusedSharedTrees } from "../../../../src/core/definitions/sharedTree.ts";
import { poolObject } from "../../../support/builder/builderWorld.ts";

describe("a check with a shared tree", () => {
  it("is refused without strict approvals, with the reason and the next step", () => {
    const checks = [{ name: "build/one", sharedTree: true, trust: { approvals: "AnyCommit" } }, { name: "build/two" }];
    expect(refusedSharedTrees(poolObject({ checks }))).toEqual([
      "check build/one has sharedTree, so its pull requests build in one work area and can change each other's results, but trust.approvals is AnyCommit: set trust.approvals: Strict, or set sharedTree: false",
    ]);
  });

  it("is accepted with strict approvals, also from the pool", () => {
    const checks = [{ name: "build/one", sharedTree: true }];
    expect(refusedSharedTrees(poolObject({ checks, trust: { approvals: "Strict" } }))).toEqual([]);
  });
});
