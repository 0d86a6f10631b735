import { describe, expect, it } from "vitest";
import { checkDefaults } from "../../../src/api/objects/checkDefaults.ts";
import { lockedRequirementsOf } from "../../../src/cell/tool/requirements.ts";

describe("the locked requirements of aliBuild", () => {
  it("give the default release and every package a version and hashes", () => {
    const release = checkDefaults.tool.alibuild;
    const lines = lockedRequirementsOf(release)?.trimEnd().split("\n") ?? [];
    expect(lines[0]).toMatch(new RegExp(`^alibuild==${release.replaceAll(".", "\\.")} --hash`));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !/^[a-z0-9-]+==[a-z0-9.]+( --hash=sha256:[0-9a-f]{64})+$/.test(line))).toEqual([]);
  });

  it("are unknown for other releases", () => {
    expect(lockedRequirementsOf("0.0.1")).toBeUndefined();
    expect(lockedRequirementsOf("constructor")).toBeUndefined();
  });
});
