import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFolders, sandboxOf } from "../../../../src/builder/config/sandbox.ts";

function aVolume(): string {
  const root = mkdtempSync(join(tmpdir(), "builderpool-volume-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe("a sandbox", () => {
  it("has all folders under one root on one machine", () => {
    const { config, state, home, area } = sandboxOf("/w/o2-0");
    expect([config, state, home, area("build/O2/o2")]).toEqual([
      "/w/o2-0/config",
      "/w/o2-0/state",
      "/w/o2-0/home",
      "/w/o2-0/area/build_O2_o2",
    ]);
  });

  it("keeps the builder's files out of the cell's folder in a pod", () => {
    const { config, state, pendingLogs, forceHashes, areas, tools, home, tmp } = sandboxOf("/data", "/data/work");
    expect([config, state, pendingLogs, forceHashes].filter((path) => path.startsWith("/data/work"))).toEqual([]);
    expect([areas, tools, home, tmp].filter((path) => !path.startsWith("/data/work/"))).toEqual([]);
  });

  it("lets only the group of the volume write in a pod", async () => {
    const root = aVolume();
    const work = join(root, "work");
    mkdirSync(work);
    for (const path of [root, work]) chmodSync(path, 0o2770);
    const before = process.umask(0o007);
    const sandbox = sandboxOf(root, work);
    await createFolders(sandbox, undefined).finally(() => process.umask(before));
    expect([sandbox.areas, sandbox.tools, sandbox.home, sandbox.tmp].map(mode)).toEqual(Array(4).fill("2770"));
    expect(mode(sandbox.state)).toMatch(/^2?700$/);
  });
});
