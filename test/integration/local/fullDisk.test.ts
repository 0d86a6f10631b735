import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockWorkDir } from "../../../src/builder/machine/lock.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { createReserve } from "../../../src/system/reserve.ts";
import { buildObject } from "../../support/builder/builderWorld.ts";

const canMount = process.getuid?.() === 0 && process.platform === "linux";

/** A small disk of its own. */
function aDisk(options: string): string {
  const disk = mkdtempSync(join(tmpdir(), "full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true });
  });
  return disk;
}

/** Fills the disk to the last byte and the last inode. */
function fill(disk: string): void {
  const script = `cat /dev/zero > fill; while echo x >> rest; do :; done; n=0; while : > "n$n"; do n=$((n + 1)); done`;
  mkdirSync(join(disk, "filled"), { recursive: true });
  execFileSync("sh", ["-c", `(${script}) 2> /dev/null; true`], { cwd: join(disk, "filled") });
  const { bavail, ffree } = statfsSync(disk);
  expect([bavail, ffree]).toEqual([0, 0]);
}

describe.runIf(canMount)("a disk without a free byte and inode", () => {
  it("gives the reserve back, and has it again when there is plenty of space", async () => {
    const disk = aDisk("size=50m,nr_inodes=2000");
    const reserve = createReserve(join(disk, "reserve"));
    expect(reserve.release()).toBe(false);
    await reserve.renew();
    expect(readdirSync(join(disk, "reserve"))).toHaveLength(129);
    expect(reserve.isShort()).toBe(false);
    fill(disk);
    expect(reserve.isShort()).toBe(true);
    expect(() => writeFileSync(join(disk, "file"), "text")).toThrow("ENOSPC");
    expect(reserve.release()).toBe(true);
    writeFileSync(join(disk, "file"), Buffer.alloc(3_000_000));
    await reserve.renew();
    expect(existsSync(join(disk, "reserve"))).toBe(false);
    rmSync(join(disk, "filled"), { recursive: true });
    await reserve.renew();
    expect(readdirSync(join(disk, "reserve"))).toHaveLength(129);
  });

  it("leaves the lock of the work folder to the next `up`", () => {
    const disk = aDisk("size=4m,nr_inodes=200");
    lockWorkDir(disk).release();
    fill(disk);
    const lock = lockWorkDir(disk);
    expect(() => lockWorkDir(disk)).toThrow("uses");
    lock.release();
  });

  it("accepts writes of the store that releases the reserve, and refuses them without one", async () => {
    const disk = aDisk("size=50m,nr_inodes=2000");
    const reserve = createReserve(join(disk, "reserve"));
    await reserve.renew();
    const troubles: (string | undefined)[] = [];
    const store = openEmbeddedStore({
      file: join(disk, "store.db"),
      clock: systemClock,
      log: createLog({ level: "silent" }),
      free: () => reserve.isShort() && reserve.release(),
      onTrouble: (sentence) => void troubles.push(sentence),
    });
    onTestFinished(store.close);
    const write = (number: number) => store.create("Build", buildObject(number));
    fill(disk);
    for (let number = 1; number <= 50; number += 1) await write(number);
    expect(existsSync(join(disk, "reserve"))).toBe(false);
    expect(troubles).toEqual([]);
    execFileSync("sh", ["-c", "cat /dev/zero > more 2> /dev/null || true"], { cwd: disk });
    const writeAll = async () => {
      for (let number = 51; number <= 5_000; number += 1) await write(number);
    };
    await expect(writeAll()).rejects.toThrow("the disk is full: free some space");
  });
});
