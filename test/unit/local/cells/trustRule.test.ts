import { describe, expect, it } from "vitest";
import { apiVersion } from "../../../../src/api/objects/group.ts";
import { BuilderPool } from "../../../../src/api/objects/pool.ts";
import { refusedTrust } from "../../../../src/local/cells/trustRule.ts";

const poolWith = (trust: object, checks: readonly object[] = [{ name: "build/hello" }]) =>
  BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name: "hello" },
    spec: { package: "hello", repository: "alice/hello", trust, checks },
  });

describe("a pool on a machine without isolated builds", () => {
  it("is accepted with trust.approvals: Strict", () => {
    expect(refusedTrust([poolWith({ approvals: "Strict" })])).toEqual([]);
  });

  it.each(["AnyCommit", "HeadCommit"])("is refused with trust.approvals: %s, with the next step", (approvals) => {
    expect(refusedTrust([poolWith({ approvals })])).toEqual([
      `pool hello is refused: trust.approvals of check build/hello is ${approvals}, and builds are not isolated from each other here; set trust.approvals: Strict, or start \`up\` as root`,
    ]);
  });

  it("is refused for one check with looser trust than its pool", () => {
    const checks = [{ name: "build/a" }, { name: "build/b", trust: { approvals: "HeadCommit" } }];
    expect(refusedTrust([poolWith({ approvals: "Strict" }, checks)])).toEqual([
      expect.stringContaining("of check build/b is HeadCommit"),
    ]);
  });
});
