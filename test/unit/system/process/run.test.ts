import { describe, expect, it } from "vitest";
import { type Command, run } from "../../../../src/system/process/run.ts";
import { cellMarker, killMarked, killSurvivors } from "../../../../src/system/process/survivors.ts";
import { isAlive } from "../../../support/cell/alive.ts";

const env = { PATH: "/usr/bin:/bin", LEFT: "behind" };
const shell = (script: string, options: Partial<Command> = {}) =>
  run({ command: "/bin/bash", args: ["-c", script], cwd: "/", env, ...options });

/** Waits until the last background command is in a session of its own. */
const untilDetached = 'while [ "$(ps -o sid= -p $!)" = "$(ps -o sid= -p $$)" ]; do sleep 0.02; done';

describe("a command", () => {
  it("ends with its exit code, its output and the last of both streams", async () => {
    expect(await shell("echo out; echo err >&2; exit 3")).toMatchObject({
      exitCode: 3,
      stdout: "out\n",
      tail: expect.stringMatching(/err/),
      timedOut: false,
      canceled: false,
    });
  });

  it("sees the given environment and nothing else, and an empty standard input", async () => {
    const { stdout } = await run({ command: "/usr/bin/env", args: [], cwd: "/", env: { ONLY: "this" } });

    expect(stdout).toBe("ONLY=this\n");
    expect((await shell("cat; echo end")).stdout).toBe("end\n");
    expect((await shell("cat", { input: "text" })).stdout).toBe("text");
  });

  it("that cannot be started says why instead of throwing", async () => {
    const ended = await run({ command: "/no/such/program", args: [], cwd: "/", env });

    expect(ended.notStarted).toContain("ENOENT");
    expect(ended.exitCode).toBeUndefined();
  });

  it("that floods its output is kept within bounds, and every byte is seen", async () => {
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

  it("waits while its output is being dealt with", async () => {
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

  it("is killed at its limit with its whole group, though it ignores SIGTERM", async () => {
    const ended = await shell("trap '' TERM; sleep 60 & echo $!; sleep 61", { timeoutMs: 200, graceMs: 200 });

    expect(ended).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(isAlive(Number(ended.stdout))).toBe(false);
  });

  it("is stopped by a signal", async () => {
    const ended = await shell("sleep 60", { signal: AbortSignal.timeout(100) });

    expect(ended).toMatchObject({ canceled: true, timedOut: false });
    expect(ended.durationMs).toBeLessThan(5_000);
  });

  it("does not start when the signal came first", async () => {
    expect(await shell("echo ran", { signal: AbortSignal.abort() })).toMatchObject({ canceled: true, stdout: "" });
  });

  it("takes along what it left in its group, and does not wait for who left it and holds its output", async () => {
    const ended = await shell(`sleep 60 & echo $!; setsid sleep 62 & ${untilDetached}`, {
      env: { ...env, [cellMarker]: "t1" },
    });

    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.durationMs).toBeLessThan(5_000);
    expect(isAlive(Number(ended.stdout))).toBe(false);
    expect(await killMarked("t1")).toBe(1);
  });
});

describe("survivors", () => {
  it("in other sessions and without a parent are found by their mark, and only those", async () => {
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

  it("include every descendant, though it cleared its environment", async () => {
    const child = shell("env -i setsid sleep 65 & wait");
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(await killSurvivors("none")).toBeGreaterThanOrEqual(1);
    expect((await child).durationMs).toBeLessThan(5_000);
  });
});
