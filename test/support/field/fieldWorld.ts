import { join } from "node:path";
import type { Order } from "../../../src/api/cell/order.ts";
import { createMirrors, type Mirrored } from "../../../src/builder/git/mirrors.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { type Ending, runCell } from "../cell/startCell.ts";
import { aCellWorld, type CellWorld, type OrderChanges } from "../cell/world.ts";

/** A cell world with mirrors as the builder keeps them, and pull requests as GitHub shows them. */
export interface FieldWorld extends CellWorld {
  /** Fetches as a builder does, then runs the real cell. `commit` becomes the head of the pull request. */
  build(number: number, commit: string, changes?: OrderChanges & { readonly branch?: string }): Promise<Ending>;
  fetch(repository: "hello" | "alidist", branch: string, pull?: { number: number; commit: string }): Promise<Mirrored>;
  orderFor(number: number, commit: string, changes?: OrderChanges & { readonly branch?: string }): Promise<Order>;
}

export function aFieldWorld(): FieldWorld {
  const world = aCellWorld();
  const mirrors = createMirrors({
    directory: join(world.root, "mirrors"),
    clock: systemClock,
    log: createLog({ level: "silent" }),
    environment: { PATH: process.env["PATH"] ?? "" },
    signal: new AbortController().signal,
  });
  const fetch: FieldWorld["fetch"] = (repository, branch, pull) =>
    mirrors.fetch(
      {
        gitUrl: `file://${world.root}`,
        repository: `src/${repository}`,
        branch,
        timeoutMs: 60_000,
        ...(pull === undefined ? {} : { pull }),
      },
      new AbortController().signal,
    );
  const orderFor: FieldWorld["orderFor"] = async (number, commit, { branch = "master", check, ...changes } = {}) => {
    const hello = await fetch("hello", branch, { number, commit });
    const alidist = await fetch("alidist", "master");
    return world.order({
      ...changes,
      mirror: hello.mirror,
      check: {
        branch,
        developmentPackages: [
          { repository: "o/hello", branch, directory: "hello" },
          { repository: "o/alidist", branch: "master", directory: "alidist" },
        ],
        ...check,
      },
      sources: [
        { repository: "o/hello", directory: "hello", ...hello },
        { repository: "o/alidist", directory: "alidist", ...alidist },
      ],
      pullRequest: { number, commit },
    });
  };
  return {
    ...world,
    fetch,
    orderFor,
    build: async (number, commit, changes) => await runCell(await orderFor(number, commit, changes)),
  };
}
