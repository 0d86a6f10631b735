import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { isRunning } from "../../../src/builder/machine/lock.ts";
import { anInstallation, type Installation, program } from "../../support/up/installation.ts";

/**
 * A terminal of unknown size with a program. It closes at the end of standard input and then prints how the program
 * ended.
 */
const terminal = `
import os, pty, sys, threading
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
def show():
    try:
        while True: os.write(1, os.read(master, 65536))
    except OSError: pass
threading.Thread(target=show, daemon=True).start()
sys.stdin.read()
os.close(master)
print("\\nended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

describe("builderpool up", () => {
  let machine: Installation;
  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare({ instances: 0 });
  });
  afterAll(() => machine.close());

  const args = (workDir: string) => ["up", "-f", machine.poolFile, "--work-dir", workDir, "--listen", "127.0.0.1:0"];

  it("exits with a message and unlocks the work folder when it cannot serve its pages", async () => {
    const ended = machine.up("--listen", "192.0.2.1:8089").ended;
    expect(await ended).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^builderpool: .*192\.0\.2\.1/m) });
  });

  it.runIf(process.platform === "linux")("continues when the disk of its output is full", async () => {
    const workDir = join(machine.directory, "full");
    const child = spawn(program, args(workDir), { stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exit = once(child, "exit");
    await expect
      .poll(() => machine.run("get", "pools", "--work-dir", workDir), { timeout: 20_000 })
      .toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("hello"),
        stderr: "",
      });
    child.kill("SIGTERM");
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    expect(await exit).toEqual([1, null]);
    expect(said).toBe("builderpool: some output could not be written: ENOSPC: no space left on device, write\n");
  });

  it("shows its table on a terminal of unknown size, and drains when the terminal closes", async () => {
    const workDir = join(machine.directory, "terminal");
    const child = spawn("python3", ["-c", terminal, program, ...args(workDir)], { stdio: ["pipe", "pipe", "inherit"] });
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
    // The exit comes before the last output.
    const closed = once(child, "close");
    await expect.poll(() => shown, { timeout: 20_000 }).toContain("result pages");
    child.stdin.end();
    await closed;
    expect(await isRunning(workDir)).toBe(false);
    expect(shown).toMatch(/ended with 0$/m);
  });

  it.runIf(process.getuid?.() === 0)("ends its start before it obeys a signal, and leaves no lock", async () => {
    const up = machine.up();
    await up.line(/each order has its own processes|builds run as users/);
    up.kill("SIGHUP");
    expect(await up.ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/stopping as soon as|draining/),
    });
    expect(await isRunning(machine.workDir)).toBe(false);
  });

  it("drains once when kernel and shell both signal a closed terminal", async () => {
    await machine.declare();
    const up = machine.up();
    const { number, commit } = await machine.propose("Last", { "test/slow.test": "sleep 3\n" });
    await up.line(new RegExp(`#${number}: hello-0 builds`));
    up.kill("SIGHUP");
    await up.line(/draining: running builds end first/);
    up.kill("SIGHUP");
    expect(await up.ended).toMatchObject({ exitCode: 0 });
    expect(machine.statuses(commit).at(-1)).toBe("success");
  });
});

describe("a command", () => {
  it.runIf(process.platform === "linux")("reports lost output and fails", async () => {
    const child = spawn(program, ["--help"], { stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(said).toBe("builderpool: some output could not be written: ENOSPC: no space left on device, write\n");
  });
});
