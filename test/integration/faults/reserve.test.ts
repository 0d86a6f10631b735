import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";
import { broken } from "../../support/up/invariants.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";

const limit = { timeout: 120_000, interval: 200 };
const canMount = process.getuid?.() === 0 && process.platform === "linux";

/** Writes until the system refuses the last byte, and creates files until it refuses the last one. */
const fillBytes = "cat /dev/zero > fill || true; while echo x >> rest; do :; done";
const fillInodes = `perl -e 'for (1..200000) { open F, ">", "f$_" or last }'`;

/** Each case fills the disk while no \`up\` runs, as a build does that outlives a killed \`up\`. */
const cases: readonly (readonly [string, string, string, boolean])[] = [
  ["bytes", "home", fillBytes, true],
  ["bytes", "tmp", fillBytes, false],
  ["bytes", "area/build-hello-o2/7", fillBytes, false],
  ["bytes", "parked/build-hello-o2/8", fillBytes, false],
  ["inodes", "home", fillInodes, true],
  ["inodes", "parked/.strange/x", fillInodes, false],
];

describe.runIf(canMount)("a disk filled by a build", () => {
  let machine: Installation;
  let up: UpProcess;
  let recorder: Recorder;
  const sandbox = () => join(machine.workDir, "builders/hello-0");
  const reserve = () => join(machine.workDir, "reserve");
  const free = () => {
    const { bavail, bsize, ffree } = statfsSync(machine.workDir);
    return { bytes: bavail * bsize, inodes: ffree };
  };
  const terminal = (commit: string) => machine.statuses(commit).filter((status) => !status.startsWith("pending"));

  async function buildsGreen(word: string): Promise<void> {
    const { commit } = await machine.propose(word, greeting(`Hello, ${word}`));
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
  }

  beforeAll(async () => {
    machine = await anInstallation();
    mkdirSync(machine.workDir);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=300M,nr_inodes=30000,mode=755", "tmpfs", machine.workDir]);
    await machine.declare();
    up = machine.up();
    await up.line(/hello-0: ready/);
    recorder = record(machine.workDir);
  });
  afterAll(async () => {
    recorder?.close();
    up?.kill("SIGTERM");
    await up?.ended;
    execFileSync("umount", ["--lazy", machine.workDir]);
    await machine.close();
  });

  it("leaves a reserve, taken when the disk has plenty of space", async () => {
    await buildsGreen("first");
    await expect.poll(() => existsSync(join(reserve(), "space")), limit).toBe(true);
    expect(statSync(reserve()).mode & 0o777).toBe(0o700);
    await expect.poll(() => readdirSync(reserve()).length, limit).toBe(129);
    expect(statSync(join(reserve(), "space")).size).toBe(Math.floor((300 * 2 ** 20) / 50));
  });

  it.each(cases)(
    "to the last of its %s in %s does not stop the next `up`, which builds",
    async (_, place, fill, isKept) => {
      up.kill("SIGKILL");
      await up.ended;
      const { uid } = statSync(join(sandbox(), "home"));
      const folder = join(sandbox(), place);
      mkdirSync(folder, { recursive: true });
      if (!isKept) rmSync(reserve(), { recursive: true, force: true });
      chownSync(folder, uid, uid);
      execFileSync("sh", ["-c", `${fill} 2> /dev/null`], { cwd: folder, stdio: "ignore", uid: 0 });
      execFileSync("chown", ["-R", `${uid}:${uid}`, folder]);
      chmodSync(folder, 0);
      expect(Math.min(free().bytes, free().inodes)).toBe(0);

      up = machine.up();
      await up.line(/the disk of .* is almost full: deleted HOME and temporary files of all builders/);
      await up.line(/hello-0: ready/);
      await buildsGreen(place);
      expect(free().bytes).toBeGreaterThan(100 * 2 ** 20);
      await expect.poll(() => existsSync(join(reserve(), "space")), limit).toBe(true);
      expect(broken(recorder.writes())).toEqual([]);
    },
  );

  it("does not stop the store while `up` runs: the reserve takes its writes", async () => {
    await expect.poll(() => existsSync(join(reserve(), "inode-128")), limit).toBe(true);
    const ballast = join(machine.workDir, "ballast");
    execFileSync("sh", ["-c", `cat /dev/zero > ${ballast} 2> /dev/null || true`]);
    await machine.declare({ debug: true });
    await up.line(/hello: changed: debug/); // with the reserve, or with space that the store had before
    rmSync(ballast);
    await buildsGreen("last");
    expect(up.output()).not.toContain("store file");
  });
});
