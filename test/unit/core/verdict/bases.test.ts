import { describe, expect, it } from "vitest";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import { commitsHashOf } from "../../../../src/core/verdict/bases.ts";
import { aCheck } from "../../../support/objects/check.ts";

const sources = ["alidist", "hello"].map((directory) => ({
  repository: `o/${directory}`,
  directory,
  commit: "a".repeat(40),
  mirror: `/mirrors/${directory}.git`,
}));
const hashOf = (changes: Partial<ResolvedCheck>) => commitsHashOf({ check: { ...aCheck(), ...changes }, sources });

describe("the hash of a base", () => {
  it.each<[string, Partial<ResolvedCheck>]>([
    ["package", { package: "Other" }],
    ["tool", { tool: { alibuild: "1.0.0" } }],
    ["defaults", { defaults: "other" }],
    ["architecture", { architecture: "slc9_aarch64" }],
    ["remote store", { remoteStore: "https://store.example" }],
    ["environment", { env: { CXXFLAGS: "-Werror" } }],
  ])("changes with the %s of the check", (_, changes) => {
    expect(hashOf(changes)).not.toBe(hashOf({}));
  });

  it("does not depend on the order of the sources, nor on limits of the check", () => {
    expect(commitsHashOf({ check: aCheck(), sources: sources.toReversed() })).toBe(hashOf({}));
    expect(hashOf({ jobs: 3, timeouts: { command: "1m", build: "2h" } })).toBe(hashOf({}));
  });

  it("differs from the hash of an earlier version, which hashed only the commits", () => {
    expect(hashOf({})).not.toBe("20d7a21df623fc31f2b5df6585d30a5e");
  });
});
