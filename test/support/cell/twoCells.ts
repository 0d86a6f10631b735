import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Order } from "../../../src/api/cell/order.ts";
import { type Areas, createAreas } from "../../../src/builder/areas/areas.ts";
import { createFolders, type Sandbox, sandboxOf } from "../../../src/builder/config/sandbox.ts";
import { areaOf } from "../../../src/builder/work/order.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { type Cell, type Ending, runCell } from "./startCell.ts";
import { aCellWorld, type CellWorld, type OrderChanges } from "./world.ts";

/** Users of tests that run as root. No installation uses them. */
const users = { base: { uid: 78_011, gid: 78_011 }, build: { uid: 78_012, gid: 78_012 } };
const isRoot = process.getuid?.() === 0;

/** A real sandbox with the two cells of one builder, as two users if the test runs as root. */
export interface TwoCells {
  readonly world: CellWorld;
  readonly sandbox: Sandbox;
  readonly areas: Areas;
  /** Runs an order in the base cell. */
  base(changes?: OrderChanges): Promise<Ending & Cell>;
  /** Builds a commit of a pull request in its own work area, in the build cell. */
  build(number: number, commit: string, changes?: OrderChanges): Promise<Ending & Cell>;
  /** Builds a pull request whose recipe runs the script. */
  propose(number: number, script: string): Promise<Ending & Cell>;
}

export async function twoCells(): Promise<TwoCells> {
  const world = aCellWorld();
  chmodSync(world.root, 0o755);
  const sandbox = sandboxOf(join(world.root, "sandbox"));
  await createFolders(sandbox, isRoot ? users : {});
  const owner = isRoot ? users.build : undefined;
  const areas = createAreas({ ...sandbox, owner, clock: systemClock, report: (sentence) => console.error(sentence) });
  // A build may close its work area, and vitest deletes the folder as this user.
  onTestFinished(() => areas.leave());
  const tools = isRoot ? sharedTools() : world.order().paths.tools;

  function run(order: Order, paths: Order["paths"]): Promise<Ending & Cell> {
    const { uid, gid } = users[order.cell];
    return runCell({ ...order, paths }, { args: isRoot ? ["--user", `${uid}:${gid}`] : [] });
  }
  async function build(number: number, commit: string, changes: OrderChanges = {}) {
    const order = world.order({ ...changes, pullRequest: { number, commit } });
    const area = await areas.enter(areaOf(order.check, number));
    try {
      const base = sandbox.base(order.check.name);
      return await run(order, { area, base, tools, home: sandbox.home, tmp: sandbox.tmp });
    } finally {
      await areas.leave();
    }
  }
  return {
    world,
    sandbox,
    areas,
    base(changes = {}) {
      const order = world.order({ task: "warmup", ...changes });
      return run(order, {
        area: sandbox.base(order.check.name),
        tools,
        home: sandbox.baseOwn.home,
        tmp: sandbox.baseOwn.tmp,
      });
    },
    build,
    propose: (number, script) => build(number, world.hello.propose({ "hello.in": script })),
  };
}

/** The tools of the base user, shared by all tests: the installation takes long. */
function sharedTools(): string {
  const folder = join(tmpdir(), `builderpool-test-tools-${users.base.uid}`);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, users.base.uid, users.base.gid);
  return folder;
}
