import type { BuilderPool } from "../api/objects/pool.ts";
import { createGitHub } from "../github/client.ts";
import type { Budget, GitHub } from "../github/github.ts";
import type { Credential } from "../github/http/credential.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";

export interface GitHubs {
  /** The pool's connection. Pools with the same address and credential share it, its budget and its caches. */
  of(pool: BuilderPool): GitHub;
  /** Last known budgets of all connections. */
  budgets(): readonly Budget[];
}

/** Keeps connections by address and credential. Calls `credential` at each use, for rotated credentials. */
export function createGitHubs(world: {
  readonly clock: Clock;
  readonly log: Log;
  credential(pool: BuilderPool): Credential;
}): GitHubs {
  const connections = new Map<string, GitHub>();
  const keys = new Map<string, string>();

  /** Drops the connection of an old credential: with hourly tokens, connections and their caches would pile up. */
  function use(pool: string, key: string): void {
    const before = keys.get(pool);
    keys.set(pool, key);
    if (before !== undefined && ![...keys.values()].includes(before)) connections.delete(before);
  }

  return {
    of(pool) {
      const { apiUrl } = pool.spec.github;
      const credential = world.credential(pool);
      const key = JSON.stringify([apiUrl, credential]);
      use(pool.metadata.name, key);
      const known = connections.get(key);
      if (known !== undefined) return known;
      const connection = createGitHub({ apiUrl, credential, clock: world.clock, log: world.log });
      connections.set(key, connection);
      return connection;
    },
    budgets: () => [...connections.values()].flatMap((connection) => connection.budgets()),
  };
}
