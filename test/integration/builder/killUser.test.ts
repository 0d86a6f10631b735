import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killUser, usersWithProcesses } from "../../../src/system/process/killUser.ts";

const isRootOnLinux = process.getuid?.() === 0 && process.platform === "linux";
const user = { uid: 78_003, gid: 78_003 };
const other = { uid: 78_004, gid: 78_004 };

/** A daemon: forks twice, starts a session, closes its files and empties its environment. Writes its PID. */
export const daemon = `
import os, signal, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
with open(sys.argv[1], "a") as pids: pids.write(f"{os.getpid()}\\n")
os.closerange(0, 64)
os.execve("/usr/bin/env", ["env", "-i", "sh", "-c", "trap '' TERM HUP; while :; do sleep 1; done"], {})
`;

function isAlive(pid: number): boolean {
  try {
    return !/^\S+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

describe.runIf(isRootOnLinux)("the processes of a user", () => {
  let folder = "";
  let started: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kill-user-"));
    chmodSync(folder, 0o777);
    started = [];
  });
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  function start(command: string, args: readonly string[], as: typeof user): ChildProcess {
    const child = spawn(command, args, { ...as, cwd: "/", stdio: "ignore", env: { PATH: "/usr/bin:/bin" } });
    started.push(child);
    return child;
  }

  async function pids(count: number): Promise<readonly number[]> {
    const file = join(folder, "pids");
    for (let tries = 0; tries < 200; tries += 1) {
      const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
      if (lines.length === count) return lines.map(Number);
      await sleep(25);
    }
    throw new Error(`${count} processes were never there`);
  }

  it("die with daemons that emptied their environment, and those of other users stay", async () => {
    writeFileSync(join(folder, "pids"), "");
    chmodSync(join(folder, "pids"), 0o666);
    const bystander = start("sleep", ["100"], other);
    for (let n = 0; n < 3; n += 1) start("python3", ["-c", daemon, join(folder, "pids")], user);
    const daemons = await pids(3);
    await sleep(100); // the daemons start their program
    expect((await usersWithProcesses()).has(user.uid)).toBe(true);

    const { killed, left } = await killUser(user);

    expect(killed).toBeGreaterThanOrEqual(3);
    expect(left).toBe(0);
    expect(daemons.filter(isAlive)).toEqual([]);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
    expect((await usersWithProcesses()).has(user.uid)).toBe(false);
    expect(await killUser(user)).toEqual({ killed: 0, left: 0 });
  });

  it("die while they fork, stop or kill everything of their user", async () => {
    const chain = "import os\nwhile True:\n  if os.fork(): os._exit(0)\n";
    const loop = (signal: string) =>
      `import os,signal\nwhile True:\n  try: os.kill(-1, signal.${signal})\n  except OSError: pass\n`;
    start(
      "prlimit",
      [
        "--nproc=200",
        "setpriv",
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        "--clear-groups",
        "python3",
        "-c",
        chain,
      ],
      { uid: 0, gid: 0 },
    );
    start("python3", ["-c", loop("SIGSTOP")], user);
    await sleep(300);
    expect(await killUser(user)).toMatchObject({ left: 0 });
    start("python3", ["-c", loop("SIGKILL")], user);
    await sleep(300);
    expect(await killUser(user)).toMatchObject({ left: 0 });
    expect((await usersWithProcesses()).has(user.uid)).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN])("are never those of user %s", async (uid) => {
    await expect(killUser({ uid, gid: 1 })).rejects.toThrow(RangeError);
  });
});
