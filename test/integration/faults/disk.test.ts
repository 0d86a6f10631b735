import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Build } from "../../../src/api/objects/build.ts";
import { anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import { type Recorder, record } from "../../support/up/recorder.ts";

const limit = { timeout: 120_000, interval: 200 };
const mebibyte = 2 ** 20;
const canMount = process.getuid?.() === 0 && process.platform === "linux";

/** Store, logs and work areas on one small disk, as on a machine with a single disk. */
describe.runIf(canMount)("a full disk", () => {
  let machine: Installation;
  let up: UpProcess;
  let recorder: Recorder;
  let waiting: { readonly number: number; readonly commit: string };
  let grown: { readonly number: number; readonly commit: string };

  beforeAll(async () => {
    machine = await anInstallation();
    mkdirSync(machine.workDir);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256M,mode=755", "tmpfs", machine.workDir]);
    await machine.declare();
    up = machine.up();
    await up.line(/hello-0: ready/);
    recorder = record(machine.workDir);
  });
  afterAll(async () => {
    recorder?.close();
    rmSync(ballast(), { force: true });
    up?.kill("SIGTERM"); // not SIGKILL: a cell during its cleanup would create its folders again below the mount
    await up?.ended;
    execFileSync("umount", ["--lazy", machine.workDir]);
    await machine.close();
  });

  const ballast = () => join(machine.workDir, "ballast");
  /** Fills the disk with a foreign file until `free` bytes are left. */
  function fill(free: number): void {
    const file = openSync(ballast(), "a");
    try {
      for (let piece = Buffer.alloc(mebibyte); piece.length > 0; ) {
        const { bavail, bsize } = statfsSync(machine.workDir);
        piece = piece.subarray(0, Math.max(0, bavail * bsize - free));
        if (piece.length > 0) writeSync(file, piece);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(file);
    }
  }
  const empty = () => rmSync(ballast());
  const build = (number: number): Build | undefined => recorder.builds().find(({ spec }) => spec.number === number);
  const terminal = (commit: string) => machine.statuses(commit).filter((status) => !status.startsWith("pending"));
  const aboutStore = () =>
    up
      .output()
      .split("\n")
      .filter((line) => line.includes("store file"));
  const full = /store file \/.*\/store\.db: the disk is full: free some space/;

  it("filled by a build is an infrastructure failure: pending with the remedy, never red", async () => {
    const plain = await machine.propose("Plain", greeting("Hello, plain"));
    await expect.poll(() => terminal(plain.commit), limit).toEqual(["success"]);
    fill(24 * mebibyte);
    grown = await machine.propose("Grow", {
      ...greeting("Hello, all of you"),
      "test/grow.test": "head -c 64M /dev/zero > big && rm big\n",
    });
    await expect
      .poll(() => build(grown.number)?.status?.trouble, limit)
      .toMatchObject({ reason: "DiskFull", count: 1 });
    expect(build(grown.number)?.status).toMatchObject({ phase: "Queued" });
    expect(build(grown.number)?.status?.verdict).toBeUndefined();
    await up.line(
      new RegExp(
        `#${grown.number}: DiskFull on hello-0, will be retried: no space was left in the file system of .*; free some`,
      ),
    );
    await expect.poll(() => machine.statuses(grown.commit).at(-1), limit).toMatch(/^pending /);
    expect(terminal(grown.commit)).toEqual([]);
  });

  it("without a free byte does not stop `up`, which reports the cause and still shows its state", async () => {
    fill(0);
    waiting = await machine.propose("Wait", greeting("Hello, at last"));
    const afterFill = () => {
      fill(0); // the first write of the store releases the reserve
      return aboutStore().at(-1);
    };
    await expect.poll(afterFill, limit).toMatch(full);
    await machine.declare({ debug: true });
    const { stdout } = await machine.run("get", "builds");
    expect(stdout).toMatch(/#1 .* Success/);
    expect(stdout).toMatch(/#2 .* Queued after DiskFull/);
  });

  it("loses no work: waiting and requeued builds run once space is free", async () => {
    empty();
    await expect.poll(() => aboutStore().at(-1), limit).toMatch(/accepts writes again/);
    expect(aboutStore().length).toBeLessThan(10);
    await up.line(/hello: changed: debug/);
    await expect.poll(() => terminal(waiting.commit), limit).toEqual(["success"]);
    await expect.poll(() => terminal(grown.commit), limit).toEqual(["success"]);
    expect(build(grown.number)?.status).toMatchObject({ phase: "Done", attempt: 2 });
  });

  it("does not stop the next `up`, which finds every acknowledged write", async () => {
    up.kill("SIGKILL");
    await up.ended;
    rmSync(join(machine.workDir, "reserve"), { recursive: true, force: true });
    fill(0);
    const before = recorder.builds().map(({ spec, status }) => [spec.number, status?.verdict?.result]);
    up = machine.up();
    await up.line(/the disk of .* is almost full: deleted all work areas of pull requests/);
    await up.line(/hello: /);
    expect(recorder.builds().map(({ spec, status }) => [spec.number, status?.verdict?.result])).toEqual(before);
    empty();
    await up.line(/hello-0: ready/);
    const { commit } = await machine.propose("Go on", greeting("Hello, again"));
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
    expect(broken(recorder.writes())).toEqual([]);
    await expect.poll(() => unreported(recorder.writes(), machine.github.state), limit).toEqual([]);
    expect(existsSync(ballast())).toBe(false);
    expect(readFileSync(join(machine.workDir, "builderpool.log"), "utf8")).toContain("the disk is full");
  });
});
