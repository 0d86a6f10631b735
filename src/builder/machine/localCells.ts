import { join } from "node:path";
import { cellRecordPathOf } from "../cells/cellRecord.ts";
import type { Cells } from "../cells/cells.ts";
import type { Isolation } from "../cells/isolation.ts";
import { createProcessCells, type ProcessCellsOptions } from "../cells/processCells.ts";
import { createCells } from "../cells/routedCells.ts";
import type { View } from "../cells/view.ts";
import { sandboxOf } from "../config/sandbox.ts";
import type { BuilderUsers } from "./builderUsers.ts";

/** Settings of `createLocalCells`. */
export interface LocalCellsOptions
  extends Pick<ProcessCellsOptions, "node" | "program" | "sweeper" | "environment" | "groups" | "clock" | "log"> {
  /** Sandbox of the builder. */
  readonly sandbox: string;
  readonly isolation: Isolation;
  /** Folder of all mirrors. An order sees its own mirrors, if the machine has mount namespaces. */
  readonly mirrors: string;
  /** Absent when cells run as the user of this process. */
  readonly users: BuilderUsers | undefined;
}

/** The folders of Secrets of a builder, one for each user. */
export interface SecretFolders {
  readonly build: string;
  readonly base: string;
}

/** Returns the folders of Secrets in the sandbox of a builder. Only the group of one user can read each folder. */
export function secretFoldersOf(sandbox: string): SecretFolders {
  return { build: join(sandbox, "secrets"), base: join(sandbox, "base-secrets") };
}

/**
 * Creates the two cells of a builder on one machine, as child processes with one user each. Builds see the tools and
 * the base read-only, and the base cell sees nothing that builds wrote, if the machine has mount namespaces.
 */
export function createLocalCells({ sandbox, users, mirrors, ...options }: LocalCellsOptions): Cells {
  const shared = {
    ...options,
    output: join(sandbox, "output.log"),
    record: cellRecordPathOf(sandbox),
    compiled: join(sandboxOf(sandbox).state, "compiled"),
  };
  if (users === undefined) {
    const both = createProcessCells(shared);
    return createCells({ build: both, base: both });
  }
  const { tools, bases, baseOwn, areas, parked, home, tmp } = sandboxOf(sandbox);
  const secrets = secretFoldersOf(sandbox);
  const narrow = [mirrors];
  const kept = [options.node, options.program, sandbox];
  const views: Readonly<Record<"build" | "base", View>> = {
    build: { writable: [areas, home, tmp], readable: [tools, bases], hidden: [parked, baseOwn.root], narrow, kept },
    base: { writable: [tools, bases, baseOwn.root], readable: [], hidden: [areas, parked, home, tmp], narrow, kept },
  };
  const build = createProcessCells({ ...shared, user: users.build, view: views.build });
  const base = createProcessCells({ ...shared, user: users.base, view: views.base });
  return createCells({
    build,
    base: {
      run(order, on, signal) {
        const { secrets: given, ...paths } = order.paths;
        const own = given === undefined ? paths : { ...paths, secrets: secrets.base };
        return base.run({ ...order, paths: own }, on, signal);
      },
    },
  });
}
