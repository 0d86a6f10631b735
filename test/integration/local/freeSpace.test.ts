import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freeSpace } from "../../../src/local/cells/freeSpace.ts";
import { createReserve } from "../../../src/system/reserve.ts";

const canMount = process.getuid?.() === 0 && process.platform === "linux";
const root = resolve(import.meta.dirname, "../../..");
const [build, base] = [
  { uid: 78_010, gid: 78_010 },
  { uid: 78_011, gid: 78_011 },
];
const environment = { PATH: process.env["PATH"] ?? "" };

const fillBytes = "cat /dev/zero > fill; while echo x >> rest; do :; done";
const fillInodes = 'n=0; while : > "$n"; do n=$((n + 1)); done';
const message = (what: string) =>
  expect.stringMatching(new RegExp(`^the disk of /.* is almost full: deleted ${what}$`));
const [homes, unknown, stopped, all] = [
  message("HOME and temporary files of all builders"),
  message("folders with unknown names"),
  message("work areas of builds that were stopped"),
  message("all work areas of pull requests"),
];

/** A work folder on a small disk, with one builder as a killed `up` leaves it. */
function aWorkFolder() {
  const workDir = mkdtempSync(join(tmpdir(), "free-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=50m,nr_inodes=2000,mode=755", "tmpfs", workDir]);
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", workDir]);
    rmSync(workDir, { recursive: true });
  });
  const sandbox = join(workDir, "builders/o2-0");
  const own = (folder: string, { uid, gid }: typeof build) => {
    mkdirSync(join(sandbox, folder), { recursive: true });
    execFileSync("chown", [`${uid}:${gid}`, join(sandbox, folder)]);
  };
  for (const folder of ["home", "tmp", "area/check/1", "parked/check/2", "parked/.strange/x"]) own(folder, build);
  for (const folder of ["base/check", "base-own/home", "base-own/tmp"]) own(folder, base);
  mkdirSync(join(sandbox, "area/.strange"));
  execFileSync("chmod", ["700", join(sandbox, "parked")]);
  const reserve = createReserve(join(workDir, "reserve"));
  return {
    sandbox,
    isShort: reserve.isShort,
    /** Fills the disk from one folder, and closes the folder. */
    fill(folder: string, script: string): void {
      const cwd = join(sandbox, folder);
      execFileSync("sh", ["-c", `(${script}) 2> /dev/null; chown -R --reference=. .; chmod 0 .`], { cwd });
      const { bavail, ffree } = statfsSync(workDir);
      expect(Math.min(bavail, ffree)).toBe(0);
    },
    free: () =>
      freeSpace({
        workDir,
        node: join(root, "node_modules/.bin/node"),
        cellProgram: join(root, "src/cell/main.ts"),
        environment,
        usersOf: () => ({ build, base }),
        isShort: reserve.isShort,
      }),
  };
}

describe.runIf(canMount)("a disk that a build filled", () => {
  it.each([
    ["home", fillBytes, [homes]],
    ["tmp", fillInodes, [homes]],
    ["base-own/home", fillBytes, [homes]],
    ["parked/.strange/x", fillInodes, [homes, unknown]],
    ["area/check/1", fillBytes, [homes, unknown, stopped]],
    ["parked/check/2", fillInodes, [homes, unknown, stopped, all]],
  ])("in %s is freed by its owner, and no further than needed", async (folder, script, lines) => {
    const { fill, free, isShort } = aWorkFolder();
    fill(folder, script);
    expect(await free()).toEqual(lines);
    expect(isShort()).toBe(false);
  });

  it("stays as it is while there is space, and keeps the base", async () => {
    const { fill, free, sandbox, isShort } = aWorkFolder();
    expect(await free()).toEqual([]);
    fill("base/check", fillBytes);
    expect(await free()).toEqual([homes, unknown, stopped, all]);
    expect(isShort()).toBe(true);
    expect(readdirSync(join(sandbox, "base/check"))).toContain("fill");
  });

  it.each(["home", "area", "area/check", "area/check/1", "parked/check", "."])(
    "is not freed through a link in place of %s",
    async (place) => {
      const { fill, free, sandbox } = aWorkFolder();
      const outside = mkdtempSync(join(dirname(dirname(sandbox)), "outside-"));
      const script = `mkdir -p 1 check/1 home; for one in . 1 check/1 home; do echo > $one/kept; done; chown -R ${build.uid} .`;
      execFileSync("sh", ["-ec", script], { cwd: outside });
      fill("base/check", fillBytes);
      rmSync(join(sandbox, place), { recursive: true });
      execFileSync("ln", ["-s", outside, join(sandbox, place)]);
      execFileSync("sh", ["-c", "cat /dev/zero > fill 2> /dev/null; true"], { cwd: dirname(outside) });
      await free();
      const kept = execFileSync("find", [outside, "-name", "kept"]).toString().trim().split("\n");
      expect(kept).toHaveLength(4);
    },
  );
});
