import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFolders, type Sandbox, sandboxOf } from "../../../../src/builder/config/sandbox.ts";
import { isRoot, owner } from "../../../support/cell/asOwner.ts";

function aVolume(): string {
  const root = mkdtempSync(join(tmpdir(), "builderpool-volume-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const user = (path: string) => statSync(path).uid;
const ofBase = ({ tools, bases, baseOwn }: Sandbox) => [tools, bases, baseOwn.root, baseOwn.home, baseOwn.tmp];
const ofBuild = ({ home, tmp }: Sandbox) => [home, tmp];

describe("a sandbox", () => {
  it("has all folders under one root", () => {
    const { config, state, home, area, base, tools, parked } = sandboxOf("/w/o2-0");
    expect([
      config,
      state,
      home,
      area({ folder: "build_O2_o2", name: "7" }),
      base("build/O2/o2"),
      tools,
      parked,
    ]).toEqual([
      "/w/o2-0/config",
      "/w/o2-0/state",
      "/w/o2-0/home",
      "/w/o2-0/area/build_O2_o2/7",
      "/w/o2-0/base/build_O2_o2",
      "/w/o2-0/tools",
      "/w/o2-0/parked",
    ]);
  });

  it("lets the group of the volume write in a pod, except where areas are chosen and parked", async () => {
    const root = aVolume();
    chmodSync(root, 0o2770);
    const before = process.umask(0o007);
    const sandbox = sandboxOf(root);
    await createFolders(sandbox, {}).finally(() => process.umask(before));
    expect([...ofBase(sandbox), ...ofBuild(sandbox)].map(mode)).toEqual(Array(7).fill("770"));
    expect([sandbox.state, sandbox.parked, sandbox.areas].map(mode)).toEqual(["700", "700", "755"]);
  });

  it.runIf(isRoot)("gives each cell its own folders on one machine, and keeps the areas for itself", async () => {
    const sandbox = sandboxOf(aVolume());
    await createFolders(sandbox, { base: { uid: owner, gid: owner }, build: { uid: owner + 1, gid: owner + 1 } });
    expect(ofBase(sandbox).map(user)).toEqual(Array(5).fill(owner));
    expect(ofBuild(sandbox).map(user)).toEqual([owner + 1, owner + 1]);
    expect([sandbox.areas, sandbox.parked, sandbox.state].map(user)).toEqual([0, 0, 0]);
    expect([sandbox.tools, sandbox.bases, sandbox.baseOwn.root, sandbox.state].map(mode)).toEqual([
      ...["755", "755", "700", "700"],
    ]);
  });
});
