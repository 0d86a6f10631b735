import { describe, expect, it } from "vitest";
import { canCauseFailureOf } from "../../../../src/core/verdict/canCause.ts";
import { missingEvidenceOf } from "../../../../src/core/verdict/evidence.ts";
import { ToolOutput } from "../../../../src/core/verdict/toolOutput.ts";

const debug = (name: string, text: string) => `2026-11-29@16:50:39:DEBUG:hello:${name}:7: ${text}\n`;
const [own, lib, forged] = ["a".repeat(40), "b".repeat(40), "c".repeat(40)];
const commit = "d".repeat(40);
const order =
  "Packages will be built in the following order:\n - hellolib@1\n - hello (development package)\nYou have\n";
const hashLine = (name: string, hash: string) =>
  debug(name, `Hashes for recipe ${name} are ${"e".repeat(40)} (remote); ${hash} (local)`);
const completed = "Build of hello successfully completed on `vm'.\n";

function said(...texts: readonly string[]): ToolOutput {
  const output = new ToolOutput();
  for (const byte of Buffer.from(texts.join(""))) output.write(Uint8Array.of(byte));
  output.words();
  return output;
}

const whole = said(order, hashLine("hellolib", lib), hashLine("hello", own), completed);
const evidence = { package: "hello", merged: { name: "hello", commit }, said: whole };

describe("the evidence of a success", () => {
  it("is the installation under a wanted hash, built from the merged commit", () => {
    const marks = { installed: [forged, own], succeeded: [`${commit}da39a3ee`] };
    expect(missingEvidenceOf({ ...evidence, ...marks })).toBeUndefined();
    expect(missingEvidenceOf({ ...evidence, ...marks, installed: [lib] })).toContain("not installed");
    expect(missingEvidenceOf({ ...evidence, ...marks, succeeded: [`${forged}da39a3ee`] })).toContain("merged commit");
  });

  it("is missing without aliBuild's own word that the package was built", () => {
    const marks = { installed: [own], succeeded: [commit] };
    const printed = said(order, hashLine("hello", own), debug("hello", completed.trim()));
    expect(missingEvidenceOf({ ...evidence, ...marks, said: printed })).toContain("did not build hello");
    expect(missingEvidenceOf({ ...evidence, ...marks, said: said("Nothing to be done.\n") })).toContain(
      "system package",
    );
  });

  it("does not take a hash that another package or a later line prints", () => {
    const output = said(
      debug("hellolib", `Hashes for recipe hello are ${forged} (remote); ${forged} (local)`),
      hashLine("hello", own),
      hashLine("hello", forged),
    );
    expect(output.hashesOf("hello")).toEqual(new Set(["e".repeat(40), own]));
  });
});

describe("the packages that a pull request can break", () => {
  const packages = ["defaults-release", "zlib", "hellolib", "hello", "O2"];

  it.each([
    ["zlib", false],
    ["hellolib", true],
    ["O2", true],
    ["unknown", true],
  ])("a change of hellolib and the failed package %s: %s", (failed, expected) => {
    expect(canCauseFailureOf(failed, { kind: "package", name: "hellolib" }, packages)).toBe(expected);
  });

  it.each([
    [["o2.sh"], false],
    [["hellolib.sh"], true],
    [["defaults-o2.sh"], true],
    [["patches/zlib.patch"], true],
    [[], false],
  ])("a change of the recipes %j and the failed package hello: %s", (files, expected) => {
    expect(canCauseFailureOf("hello", { kind: "recipes", files }, packages)).toBe(expected);
  });

  it("reads the build order and the failed package from aliBuild's own words", () => {
    const output = said(
      order,
      debug("hello", "ERROR: BUILD FAILED: zlib@1"),
      "ERROR: BUILD FAILED: hello@7 (development package)\n",
    );
    expect(output.buildOrder()).toEqual(["defaults-release", "hellolib", "hello"]);
    expect(output.failedPackage()).toBe("hello");
  });
});
