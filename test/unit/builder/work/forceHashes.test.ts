import { describe, expect, it } from "vitest";
import { parseForceHashes } from "../../../../src/builder/work/forceHashes.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

describe("force-hashes", () => {
  it.each(["", "\n\n", "# a comment\n  # another\n"])("restricts nothing while it has only comments: %j", (text) => {
    expect(parseForceHashes(text)).toBeUndefined();
  });

  it("lists the commits to build", () => {
    expect(parseForceHashes(`# now\nuntested 12 ${sha} o2\nfailed\tmaster\tABCDEF0\to2\n`)).toEqual([sha, "abcdef0"]);
  });

  it("selects no build when no line has a commit", () => {
    expect(parseForceHashes("untested 12\n")).toEqual([]);
    expect(parseForceHashes("untested 12 $(id) o2\n")).toEqual([]);
  });
});
