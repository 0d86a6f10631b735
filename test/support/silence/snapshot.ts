import type { Builder } from "../../../src/api/objects/builder.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { aBuilder } from "../objects/builder.ts";
import { iso, noon } from "../objects/moment.ts";
import { aPool } from "../objects/pool.ts";

/** All objects at one time. A cache is an older snapshot. */
export interface Snapshot {
  readonly pools: ReadonlyMap<string, Stored<"BuilderPool">>;
  readonly builders: ReadonlyMap<string, Builder>;
  readonly builds: ReadonlyMap<string, Stored<"Build">>;
}

/** A loud pool `o2` of three builders, and a younger silent pool `next` of one builder with the same check. */
export function firstSnapshot(): Snapshot {
  const names = ["o2-0", "o2-1", "o2-2"];
  const pools = [aPool({ checks: [{ name: "c" }] }, "o2"), aPool({ checks: [{ name: "c" }], silent: true }, "next")];
  sure(pools[1]).metadata.creationTimestamp = iso(noon);
  return {
    pools: new Map(pools.map((pool) => [pool.metadata.name, pool])),
    builders: new Map([
      ...names.map((name) => [name, aBuilder(name)] as const),
      [
        "next-0",
        aBuilder(
          "next-0",
          { revision: "r2", warm: { incarnation: "next-0-1", revision: "r2", at: iso(0) } },
          { pool: "next" },
        ),
      ],
    ]),
    builds: new Map(),
  };
}

/** A value that the model knows to exist. */
export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the model lost an object");
  return value;
}
