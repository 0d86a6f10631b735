import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { macFoldersOf } from "../../../../src/builder/cells/litter.ts";

it.runIf(process.getuid?.() === 0)("the folders that macOS gives to a user are those of no other user", async () => {
  const root = mkdtempSync(join(tmpdir(), "var-folders-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [folder, uid] of [
    ["zz/one", 78_005],
    ["zz/other", 78_006],
  ] as const) {
    for (const part of ["T", "C"]) mkdirSync(join(root, folder, part), { recursive: true });
    chownSync(join(root, folder), uid, uid);
  }
  expect((await macFoldersOf(78_005, root)).toSorted()).toEqual([join(root, "zz/one/C"), join(root, "zz/one/T")]);
  expect(await macFoldersOf(78_007, root)).toEqual([]);
  expect(await macFoldersOf(78_005, join(root, "missing"))).toEqual([]);
});
