import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Order } from "../../../src/api/cell/order.ts";
import type { CellContext } from "../../../src/cell/cellContext.ts";
import { cellEnvironmentOf } from "../../../src/cell/environment.ts";
import { checkout } from "../../../src/cell/tree/checkout.ts";
import { type Merged, merge } from "../../../src/cell/tree/merge.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { aCellWorld, type CellWorld, type OrderChanges } from "./world.ts";

/** A cell world whose orders end before aliBuild. */
export interface TreeWorld extends CellWorld {
  /** The merge directory. */
  readonly tree: string;
  /** Runs the steps checkout and merge of an order, in this process. */
  checkOut(changes?: OrderChanges): Promise<Merged>;
  /** Runs git in the repository of the sources. Returns standard output without the last line end. */
  source(args: readonly string[], options?: { input?: string | Uint8Array; env?: Record<string, string> }): string;
}

export function aTreeWorld(): TreeWorld {
  const world = aCellWorld();
  return {
    ...world,
    tree: join(world.area, "hello"),
    async checkOut(changes) {
      const order = world.order(changes);
      for (const path of [order.paths.area, order.paths.home, order.paths.tmp]) mkdirSync(path, { recursive: true });
      const context = contextOf(order);
      const { repositories, written } = await checkout(context);
      await written;
      return await merge(context, repositories);
    },
    source(args, { input, env } = {}) {
      const identity = ["-c", "user.name=t", "-c", "user.email=t@t"];
      return execFileSync("git", ["-C", world.hello.path, ...identity, ...args], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["pipe", "pipe", "pipe"],
        env: { PATH: process.env["PATH"] ?? "", HOME: world.root, ...env },
        ...(input === undefined ? {} : { input }),
      }).trimEnd();
    },
  };
}

function contextOf(order: Order): CellContext {
  return {
    order,
    env: cellEnvironmentOf(order, process.env),
    clock: systemClock,
    signal: new AbortController().signal,
    emit: async () => {},
    print: async () => {},
    quiesce: async () => {},
  };
}

/** Type, mode and content of every entry of a directory except `.git` at the top, by the bytes of the path as Latin-1. */
export function entriesOf(top: string): Readonly<Record<string, string>> {
  const entries: Record<string, string> = {};
  const visit = (directory: Buffer, prefix: string) => {
    for (const name of readdirSync(directory, { encoding: "buffer" })) {
      const path = Buffer.concat([directory, Buffer.from("/"), name]);
      const key = prefix + name.toString("latin1");
      if (key === ".git") continue;
      const facts = lstatSync(path);
      if (facts.isDirectory()) {
        entries[`${key}/`] = (facts.mode & 0o777).toString(8);
        visit(path, `${key}/`);
      } else if (facts.isSymbolicLink()) entries[key] = `link ${readlinkSync(path, "latin1")}`;
      else
        entries[key] =
          `${(facts.mode & 0o7777).toString(8)} ${facts.isFile() ? readFileSync(path, "latin1") : "other"}`;
    }
  };
  visit(Buffer.from(top), "");
  return entries;
}
