import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startCell } from "../support/cell/startCell.ts";
import { createCellWorld } from "../support/cell/world.ts";

export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: string;
  /** How the replaced system did the same, on this machine. */
  readonly reference?: { readonly name: string; readonly value: number };
}

const rounds = 5;

/**
 * From the order to the start of aliBuild, on a warm tree: checkout, merge and doctor included. Beside it, what ali-bot did at this place
 * before every build: pip install of the same version, git fetch, reset and merge, `aliBuild clean` and doctor.
 */
export async function bench(): Promise<readonly Measured[]> {
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
    const reference = asBefore(order.paths.tools, world.root, world.hello.path, world.alidist.path, commit);
    return [
      {
        name: "order → aliBuild build starts, warm tree",
        value: median(spans),
        unit: "ms",
        target: "< 2000",
        reference: { name: "the same steps as ali-bot did them", value: reference },
      },
    ];
  } finally {
    rmSync(world.root, { recursive: true, force: true });
  }
}

function asBefore(tools: string, root: string, hello: string, alidist: string, commit: string): number {
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
