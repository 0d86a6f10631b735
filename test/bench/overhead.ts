import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startCell } from "../support/cell/startCell.ts";
import { createCellWorld } from "../support/cell/world.ts";
import type { Print } from "./bench.ts";

const rounds = 5;

/**
 * The time from the order to the start of aliBuild on a warm tree, with checkout, merge and doctor.
 * The reference is the work of ali-bot before every build: pip install of the same version, git fetch, reset, merge,
 * `aliBuild clean`, doctor.
 */
export async function bench(print: Print): Promise<void> {
  const world = createCellWorld();
  try {
    const commit = world.hello.propose({ "hello.in": "echo measured\n" });
    const order = world.order({ pullRequest: { number: 1, commit } });
    const spans: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const begin = performance.now();
      const cell = startCell({ ...order, id: `bench-${process.pid}-${round}` });
      await cell.until(() => cell.events.some((event) => event.event === "step" && event.step === "build"));
      if (round > 0) spans.push(performance.now() - begin);
      await cell.ended;
    }
    const reference = spanOfAliBot(order.paths.tools, world.root, world.hello.path, world.alidist.path, commit);
    const span = median(spans);
    print(`  order to the start of aliBuild, warm tree   ${span} ms, median of ${rounds} (target < 2000)`);
    print(`  the same steps as ali-bot ran them          ${reference} ms, ratio ${(reference / span).toFixed(1)}`);
  } finally {
    rmSync(world.root, { recursive: true, force: true });
  }
}

function spanOfAliBot(tools: string, root: string, hello: string, alidist: string, commit: string): number {
  const work = join(root, "before");
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
