import { describe, expect, it } from "vitest";
import { type Command, run } from "../../../../src/system/process/run.ts";
import { cellMarker, killMarked, killSurvivors } from "../../../../src/system/process/survivors.ts";
import { isAlive } from "../../../support/cell/alive.ts";

const env = { PATH: "/usr/bin:/bin", LEFT: "behind" };
const shell = (script: string, options: Partial<Command> = {}) =>
  run({ command: "/bin/bash", args: ["-c", script], cwd: "/", env, ...options });

/** Waits until the last background command runs in its own session. */
const untilDetached = 'while [ "$(ps -o sid= -p $!)" = "$(ps -o sid= -p $$)" ]; do sleep 0.02; done';

describe("run", () => {
  it("returns exit code, output and the tail of both streams", async () => {
    expect(await shell("echo out; echo err >&2; exit 3")).toMatchObject({
      exitCode: 3,
      stdout: "out\n",
      tail: expect.stringMatching(/err/),
      timedOut: false,
      canceled: false,
    });
  });

  it("passes only the given environment, and an empty standard input", async () => {
    const { stdout } = await run({ command: "/usr/bin/env", args: [], cwd: "/", env: { ONLY: "this" } });

    expect(stdout).toBe("ONLY=this\n");
    expect((await shell("cat; echo end")).stdout).toBe("end\n");
    expect((await shell("cat", { input: "text" })).stdout).toBe("text");
  });

  it("returns the reason instead of throwing if the command cannot be started", async () => {
    const ended = await run({ command: "/no/such/program", args: [], cwd: "/", env });

    expect(ended.notStarted).toContain("ENOENT");
    expect(ended.exitCode).toBeUndefined();
  });

  it("limits the kept output, and passes every byte to onChunk", async () => {
    let seen = 0;
    const ended = await shell("head -c 30000000 /dev/zero", {
      maxCapture: 1000,
      onChunk: (chunk) => {
        seen += chunk.length;
      },
    });

    expect(seen).toBe(30_000_000);
    expect(ended.stdout).toHaveLength(1000);
    expect(ended.tail).toHaveLength(8192);
  });

  it("makes the command wait while onChunk is busy", async () => {
    const order: string[] = [];
    await shell("printf a; sleep 0.1; printf b", {
      onChunk: async (chunk) => {
        const text = Buffer.from(chunk).toString();
        order.push(`${text} in`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        order.push(`${text} out`);
      },
    });

    expect(order).toEqual(["a in", "a out", "b in", "b out"]);
  });

  it("kills the whole group at the timeout, even if it ignores SIGTERM", async () => {
    const ended = await shell("trap '' TERM; sleep 60 & echo $!; sleep 61", { timeoutMs: 200, graceMs: 200 });

    expect(ended).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(isAlive(Number(ended.stdout))).toBe(false);
  });

  it("stops the command when the signal aborts", async () => {
    const ended = await shell("sleep 60", { signal: AbortSignal.timeout(100) });

    expect(ended).toMatchObject({ canceled: true, timedOut: false });
    expect(ended.durationMs).toBeLessThan(5_000);
  });

  it("does not start the command if the signal is already aborted", async () => {
    expect(await shell("echo ran", { signal: AbortSignal.abort() })).toMatchObject({ canceled: true, stdout: "" });
  });

  it("kills the rest of the group, and does not wait for a process outside it that holds the output", async () => {
    const ended = await shell(`sleep 60 & echo $!; setsid sleep 62 & ${untilDetached}`, {
      env: { ...env, [cellMarker]: "t1" },
    });

    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.durationMs).toBeLessThan(5_000);
    expect(isAlive(Number(ended.stdout))).toBe(false);
    expect(await killMarked("t1")).toBe(1);
  });
});

describe("killing survivors", () => {
  it("finds orphans in other sessions by the marker, and no other process", async () => {
    const marked = { ...env, [cellMarker]: "t2" };
    const detach = `setsid bash -c 'sleep 63 & sleep 64; true' > /dev/null 2>&1 & ${untilDetached}; sleep 0.2; echo $!`;
    const { stdout: other } = await shell(detach, { env: { ...env, [cellMarker]: "t22" } });
    await shell(detach, { env: marked });

    expect(await killMarked("t2")).toBeGreaterThanOrEqual(2);

    expect(isAlive(Number(other))).toBe(true);
    expect(await killMarked("t22")).toBeGreaterThanOrEqual(2);
    expect(isAlive(Number(other))).toBe(false);
    expect(await killMarked("t22")).toBe(0);
  });

  it("includes every descendant, even with a cleared environment", async () => {
    const child = shell("env -i setsid sleep 65 & wait");
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(await killSurvivors("none")).toBeGreaterThanOrEqual(1);
    expect((await child).durationMs).toBeLessThan(5_000);
  });
});
