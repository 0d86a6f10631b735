import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cellRecordPathOf, writeCellRecord } from "../../../src/builder/cells/cellRecord.ts";
import { stopLeftovers } from "../../../src/builder/machine/leftovers.ts";

/** A hostile build: ignores SIGTERM, forks, and one child creates its own session and clears its environment. */
const badBuild = `
  trap '' TERM
  sleep 1000 & echo $! >> "$PIDS"
  setsid bash -c 'trap "" TERM; echo $$ >> "$PIDS"; while :; do sleep 1; done' &
  setsid env -i bash -c 'trap "" TERM; echo $$ >> "$0"; while :; do sleep 1; done' "$PIDS" &
  echo $$ >> "$PIDS"
  wait
`;

/** Replaces \`up\`: starts the build in its own group, as a cell is started, and waits. */
const parent = `
  import { spawn } from "node:child_process";
  spawn("bash", ["-c", process.env.BUILD], { detached: true, stdio: "ignore", env: JSON.parse(process.env.CELL_ENV) });
  setInterval(() => {}, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    return !/^\S+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries += 1) await sleep(25);
  expect(condition()).toBe(true);
}

describe.skipIf(process.platform !== "linux")("a leftover process of a killed up", () => {
  let workDir = "";
  let started: ChildProcess[] = [];

  beforeEach(() => {
    workDir = mkdtempSync(join(tmpdir(), "leftovers-"));
    started = [];
  });
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(workDir, { recursive: true, force: true });
  });

  async function pidsOf(marker: Record<string, string>, folder: string): Promise<readonly number[]> {
    const file = join(workDir, `pids-${started.length}`);
    const cellEnv = {
      PATH: process.env["PATH"] ?? "",
      HOME: join(folder, "builders/o2-0/home"),
      PIDS: file,
      ...marker,
    };
    const child = spawn(process.execPath, ["--input-type=module", "-e", parent], {
      stdio: "ignore",
      env: { BUILD: badBuild, CELL_ENV: JSON.stringify(cellEnv) },
    });
    started.push(child);
    const pids = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []);
    await until(() => pids().length === 4);
    child.kill("SIGKILL");
    await (child.signalCode ?? once(child, "exit"));
    return pids();
  }

  it("is killed with its children before any new process starts", async () => {
    const pids = await pidsOf({ BUILDERPOOL_CELL: "order-1" }, workDir);
    expect(pids.every(isAlive)).toBe(true);
    const begin = performance.now();
    expect(await stopLeftovers(workDir)).toBeGreaterThanOrEqual(4);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(await stopLeftovers(workDir)).toBe(0);
  });

  it("is found by the record of its cell, without its environment", async () => {
    const child = spawn("sleep", ["1000"], { env: {}, detached: true });
    const marked = spawn("sleep", ["1000"], { env: { BUILDERPOOL_CELL: "order-7" }, detached: true });
    const reused = spawn("sleep", ["1000"], { env: {} });
    started.push(child, marked, reused);
    const [first = "", second = "", third = ""] = [0, 1, 2].map((at) => {
      const sandbox = join(workDir, "builders", `o2-${at}`);
      mkdirSync(join(sandbox, "state"), { recursive: true });
      return cellRecordPathOf(sandbox);
    });
    await writeCellRecord(first, { pid: child.pid ?? 0, id: "order-7" });
    const old = { pid: reused.pid, pgid: reused.pid, startTime: "0", id: "order-8" };
    writeFileSync(second, JSON.stringify(old));
    writeFileSync(third, "{");
    expect(await stopLeftovers(workDir)).toBe(2);
    expect([child, marked, reused].map(({ pid = 0 }) => isAlive(pid))).toEqual([false, false, true]);
    expect([first, second, third].filter((path) => existsSync(path))).toEqual([]);
  });

  it("is never a process of another program or a cell of another work folder", async () => {
    const other = mkdtempSync(join(tmpdir(), "leftovers-other-"));
    const bystanders = [
      spawn("sleep", ["1000"], { env: { HOME: join(workDir, "home") } }),
      spawn("sleep", ["1000"], { env: { HOME: join(other, "home"), BUILDERPOOL_CELL: "order-1" } }),
      spawn("sleep", ["1000"], { env: { HOME: `${workDir}-2/home`, BUILDERPOOL_CELL: "order-1" } }),
    ];
    started.push(...bystanders);
    expect(await stopLeftovers(workDir)).toBe(0);
    expect(bystanders.every(({ pid = 0 }) => isAlive(pid))).toBe(true);
    rmSync(other, { recursive: true });
  });
});
