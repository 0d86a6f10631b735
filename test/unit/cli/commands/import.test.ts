import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAllDocuments } from "yaml";
import { importCommand } from "../../../../src/cli/commands/import.ts";
import { parsePool } from "../../../../src/core/definitions/parse.ts";

async function run(directory: string) {
  let [out, err] = ["", ""];
  const code = await importCommand(directory, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

describe("builderpool import", () => {
  const directory = join(import.meta.dirname, "../../../support/repo-config");

  it("writes ALICE's 13 pools and 39 checks as documents that parse without a problem", async () => {
    const { code, out } = await run(directory);
    const results = parseAllDocuments(out).map((document) => parsePool(document.toJS()));
    expect(code).toBe(0);
    expect(results.flatMap(({ problems }) => problems)).toEqual([]);
    expect(results.map(({ pool }) => [pool?.metadata.name, pool?.spec.checks?.length])).toEqual([
      ["macos-aido2osx7", 1],
      ["macos-aido2osx8", 1],
      ["macos-osx-arm64", 4],
      ["macos-staging", 1],
      ["mesosci-slc10", 2],
      ["mesosci-slc7", 3],
      ["mesosci-slc9", 4],
      ["mesosci-slc9-arm", 2],
      ["mesosci-slc9-gpu", 7],
      ["mesosci-slc9-o2physics", 2],
      ["mesosci-slc9-staging", 1],
      ["mesosci-ubuntu2204", 1],
      ["mesosdaq-slc9", 10],
    ]);
  });

  it("writes pools of Macs with hosts to fill in, as a comment", async () => {
    const { out } = await run(directory);
    const macs = out.split("---\n").filter((text) => /name: macos-/.test(text));
    expect(macs).toHaveLength(4);
    for (const text of macs) {
      expect(text).toContain("instances: 0\n");
      expect(text).toContain(
        "  external:\n    # Fill in the names of the hosts, such as [alibuildmac01, alibuildmac02].\n    names: []\n",
      );
    }
  });

  it("writes findings as file:line: severity: message", async () => {
    const { err } = await run(directory);
    const lines = err.trim().split("\n");
    expect(lines.filter((line) => !/^\S+\.env:[1-9][0-9]*: (error|warning|note): \S/.test(line))).toEqual([]);
    expect(lines.pop()).toBe(
      `${directory}/DEFAULTS.env:1: warning: SECURITY: all pools have trust.approvals: AnyCommit, as ali-bot had. An approving review by any GitHub account starts a build, and later pushes are built too. Delete these lines to get the default, Strict.`,
    );
    expect(lines.pop()).toBe(
      `${directory}/DEFAULTS.env:1: warning: 19 checks share a tree between pull requests, which AnyCommit does not allow: set sharedTree: false, or trust.approvals: Strict`,
    );
    expect(lines.filter((line) => line.includes(": error: ")).map((line) => line.slice(directory.length))).toEqual([
      expect.stringMatching(/^\/mesosci\/slc10\/o2-gpu-test\.env:19: error: CONTAINER_IMAGE is left out/),
      expect.stringMatching(
        /^\/mesosci\/slc10\/o2-gpu-test\.env:40: error: merge directory AliceO2 is not a development package/,
      ),
    ]);
  });

  it("ignores hidden files, as the pattern *.env did: editors keep locks and copies there", async () => {
    const tree = mkdtempSync(join(tmpdir(), "edited-tree-"));
    onTestFinished(() => rmSync(tree, { recursive: true }));
    cpSync(directory, tree, { recursive: true });
    symlinkSync("somebody@somewhere.4711:1795850000", join(tree, "macos/.#DEFAULTS.env"));
    expect((await run(tree)).out).toBe((await run(directory)).out);
  });

  it("fails and names the expected files when a tree has no check", async () => {
    const empty = mkdtempSync(join(tmpdir(), "empty-tree-"));
    try {
      const nothing = await run(empty);
      expect([nothing.code, nothing.out]).toEqual([1, ""]);
      expect(nothing.err).toContain("nothing to import; expected checks as <role>/<container>/<check>.env");
      const missing = await run(join(empty, "none"));
      expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("cannot be read (ENOENT)")]);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
