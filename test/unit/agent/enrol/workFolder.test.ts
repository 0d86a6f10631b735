import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { prepareWorkFolder, workFolderRefusalOf } from "../../../../src/agent/enrol/workFolder.ts";
import { keepsOwners } from "../../../../src/builder/machine/workFolder.ts";

const good = { isCaseSensitive: true, keepsOwners: true, isOnSystemVolume: false, free: 3e11, shutOut: [] };
const users = { baseUser: { name: "b", uid: 64_002, gid: 64_002 }, cellUser: { name: "c", uid: 63_002, gid: 63_002 } };

describe("the work folder of a host", () => {
  it("is accepted on a case-sensitive volume of its own", () => {
    expect(workFolderRefusalOf("/build/o2", good)).toBeUndefined();
  });

  it.each([
    [{ isCaseSensitive: false }, /not case-sensitive there.*diskutil apfs addVolume/],
    [{ isOnSystemVolume: true }, /on the volume of the system.*diskutil apfs addVolume/],
    [{ keepsOwners: false }, /ignores the owners of files.*diskutil enableOwnership/],
    [{ free: 1.2e9 }, /only 1\.2 GB are free, expected at least 2 GB/],
    [{ shutOut: ["alibuild"] }, /user alibuild cannot enter the folder; .*chmod o\+x/],
  ])("is refused with one sentence for %j", (facts, sentence) => {
    expect(workFolderRefusalOf("/build/o2", { ...good, ...facts })).toMatch(sentence);
  });

  it.runIf(process.getuid?.() === 0)("keeps owners where the build user cannot read a file of root", async () => {
    const folder = mkdtempSync(join(tmpdir(), "owners-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await expect(keepsOwners(folder, { uid: 0, gid: 0 })).resolves.toBe(false);
    await execa("chmod", ["755", folder]);
    await expect(keepsOwners(folder, users.cellUser)).resolves.toBe(true);
  });

  it("is refused without a name, with a blank, where another agent builds, and where it cannot be created", async () => {
    await expect(prepareWorkFolder(undefined, users)).rejects.toThrow("--work-dir is missing: name a folder");
    await expect(prepareWorkFolder("/build/my builds", users)).rejects.toThrow(/its path has a blank/);
    await expect(prepareWorkFolder("/build/o2/", users, [{ name: "mac2", workDir: "/build/o2" }])).rejects.toThrow(
      'agent "mac2" builds there',
    );
    await expect(prepareWorkFolder("/dev/null/o2", users)).rejects.toThrow(/cannot be created \(ENOTDIR\)/);
  });
});
