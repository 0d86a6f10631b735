import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { anInstallation, program } from "../support/up/installation.ts";
import type { Print } from "./bench.ts";

const runs = 11;

/** The command line: the start of `--help` beside a bare Node, and the memory of an idle machine. */
export async function bench(print: Print): Promise<void> {
  const help = median(program, ["--help"]);
  const bare = median(process.execPath, ["-e", "0"]);
  print(
    `builderpool --help      ${help.toFixed(0)} ms, median of ${runs} (target < 200); node -e 0: ${bare.toFixed(0)} ms; ratio ${(help / bare).toFixed(1)}`,
  );
  print(await idleMemory(8));
}

function median(command: string, args: readonly string[]): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    spawnSync(command, args);
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

async function idleMemory(builders: number): Promise<string> {
  const machine = await anInstallation();
  try {
    await machine.declare({ instances: 0 });
    const up = machine.up();
    await up.line(/pull requests are listed/);
    await sleep(2000);
    const empty = resident(up.pid);
    await machine.run("scale", "hello", String(builders));
    for (let index = 0; index < builders; index += 1) await up.line(new RegExp(`hello-${index}: ready`), 600_000);
    await sleep(5000);
    const idle = resident(up.pid);
    const each = ((idle - empty) / builders).toFixed(1);
    return `memory of up            ${empty} MB without builders, ${idle} MB with ${builders} idle ones: ${each} MB each`;
  } finally {
    await machine.close();
  }
}

function resident(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
}
