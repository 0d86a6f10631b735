import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Order } from "../../src/api/cell/order.ts";
import { noIsolation, probeIsolation } from "../../src/builder/cells/isolation.ts";
import { createProcessCells } from "../../src/builder/cells/processCells.ts";
import { bundledProgram } from "../../src/local/cells/bundledProgram.ts";
import { systemClock } from "../../src/system/clock.ts";
import { createLog } from "../../src/system/log.ts";
import { sparseEnvironment } from "../../src/system/sparseEnvironment.ts";
import { cellProgram } from "../support/cell/startCell.ts";
import { createCellWorld } from "../support/cell/world.ts";
import type { Print } from "./bench.ts";

const rounds = 7;
const steps = ["prepare", "tool", "checkout", "merge", "doctor", "build"];

/**
 * The time from the order to the start of aliBuild on a warm tree beside a warm base, with checkout, merge and doctor,
 * through the cells of a builder on one machine. The reference is the work of ali-bot before every build: pip install of
 * the same version, git fetch, reset, merge, `aliBuild clean`, doctor. Both run in turn, because machines are noisy.
 */
export async function bench(print: Print): Promise<void> {
  const world = createCellWorld();
  try {
    chmodSync(world.root, 0o755);
    const commit = world.hello.propose({ "hello.in": "echo measured\n" });
    const node = resolve(import.meta.dirname, "../../node_modules/.bin/node");
    const log = createLog({ level: "silent" });
    const environment = sparseEnvironment(process.env);
    const folder = join(world.root, "programs");
    const cells = createProcessCells({
      node,
      program: await bundledProgram({ node, program: cellProgram, folder, environment, log }),
      output: join(world.root, "output.log"),
      record: join(world.root, "cell.json"),
      compiled: join(world.root, "compiled"),
      isolation: process.getuid?.() === 0 ? await probeIsolation(environment) : noIsolation,
      environment,
      clock: systemClock,
      log,
    });
    const base = join(world.root, "work/base");
    mkdirSync(base, { recursive: true });
    const { signal } = new AbortController();
    /** The time of each step since the order. */
    const run = async (order: Order) => {
      const begin = performance.now();
      const at: Record<string, number> = {};
      const seen = (event: { readonly event: string; readonly step?: string }) => {
        if (event.event === "step") at[event.step ?? ""] = performance.now() - begin;
      };
      await cells.run(order, seen, signal);
      return at;
    };
    const warmup = world.order({ task: "warmup" });
    await run({ ...warmup, paths: { ...warmup.paths, area: base } });
    const ours: Record<string, number>[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const order = world.order({ id: `bench-${process.pid}-${round}`, pullRequest: { number: 1, commit } });
      const at = await run({ ...order, paths: { ...order.paths, base } });
      const spent = spanOfAliBot(order.paths.tools, world.root, world.hello.path, world.alidist.path, commit);
      if (round === 0) continue;
      ours.push(at);
      theirs.push(spent);
    }
    const span = median(ours.map((at) => at["build"] ?? Number.NaN));
    const reference = median(theirs);
    print(`  order to the start of aliBuild, warm tree   ${span} ms, median of ${rounds} (target < 2000)`);
    print(
      `  the same steps as ali-bot ran them          ${reference} ms, ratio ${(reference / span).toFixed(1)} (target 5)`,
    );
    const moments = steps.map((step) => [step, median(ours.map((at) => at[step] ?? at["build"] ?? 0))] as const);
    print(`  begin of each step: ${moments.map(([step, ms]) => `${step} ${ms}`).join(", ")} ms`);
  } finally {
    rmSync(world.root, { recursive: true, force: true });
  }
}

function spanOfAliBot(tools: string, root: string, hello: string, alidist: string, commit: string): number {
  const work = join(root, "before");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const bin = join(tools, "alibuild-1.17.44/bin");
  const call = (cwd: string, command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd, stdio: "ignore", env: { ...process.env, HOME: join(root, "work/home") } });
  for (const source of [hello, alidist]) call(work, "git", "clone", "-q", source);
  const identity = ["-c", "user.name=t", "-c", "user.email=t@t"];
  const begin = performance.now();
  call(work, join(bin, "python"), "-m", "pip", "install", "--upgrade", "alibuild==1.17.44");
  for (const directory of ["hello", "alidist"]) {
    const tree = join(work, directory);
    call(tree, "git", "fetch", "-q", "origin", "+master:refs/remotes/origin/master");
    call(tree, "git", "reset", "-q", "--hard", "origin/master");
    call(tree, "git", "clean", "-qfdx");
  }
  call(work, join(bin, "aliBuild"), "clean", "--debug", "-a", "fedora33_x86-64");
  call(join(work, "hello"), "git", "fetch", "-q", "origin", `+refs/pull/${commit}:refs/remotes/pull`);
  call(join(work, "hello"), "git", ...identity, "merge", "-q", "--no-edit", commit);
  call(work, join(bin, "aliBuild"), "doctor", "--defaults", "o2", "hello", "-a", "fedora33_x86-64");
  return Math.round(performance.now() - begin);
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}
