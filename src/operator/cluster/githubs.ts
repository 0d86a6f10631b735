import type { BuilderPool } from "../../api/objects/pool.ts";
import { createGitHub } from "../../github/client.ts";
import { type GitHub, GitHubError } from "../../github/github.ts";
import type { Credential } from "../../github/http/credential.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { GitHubs } from "../githubs.ts";

/** How long a credential is used before it is looked up again. */
const lookAgain = 60_000;

export interface GitHubsWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** A pool's credential as it is now; rejects with a GitHubError that says what to do about it. */
  credential(pool: BuilderPool): Promise<Credential>;
}

/** Connections by address and Secret. A rotated credential is used within a minute, and at once when GitHub refuses the one before. */
export function createGitHubsBySecret(world: GitHubsWorld): GitHubs {
  const connections = new Map<string, GitHub>();
  return {
    of(pool) {
      const { apiUrl, secretRef } = pool.spec.github;
      const key = JSON.stringify([apiUrl, secretRef?.name]);
      const connection = connections.get(key) ?? connect(world, pool);
      connections.set(key, connection);
      return connection;
    },
    budgets: () => [...connections.values()].flatMap((connection) => connection.budgets()),
  };
}

interface Connection {
  readonly github: GitHub;
  readonly credential: string;
  readonly lookedUpAt: number;
}

/** One GitHub that changes its credential when the Secret does. */
function connect(world: GitHubsWorld, pool: BuilderPool): GitHub {
  const { clock, log } = world;
  const { apiUrl } = pool.spec.github;
  let current: Connection | undefined;
  let lookingUp: Promise<Connection> | undefined;

  /** Who asks while another looks the credential up shares what that one finds: each connection reads everything for itself. */
  async function connection(isFresh: boolean): Promise<Connection> {
    const now = clock.monotonic();
    if (!isFresh && current !== undefined && now - current.lookedUpAt < lookAgain) return current;
    lookingUp ??= lookUp(now).finally(() => {
      lookingUp = undefined;
    });
    return await lookingUp;
  }

  async function lookUp(now: number): Promise<Connection> {
    try {
      const credential = await world.credential(pool);
      const text = JSON.stringify(credential);
      const github = current?.credential === text ? current.github : createGitHub({ apiUrl, credential, clock, log });
      current = { github, credential: text, lookedUpAt: now };
    } catch (error) {
      const isUnknown = error instanceof GitHubError && error.code === "Unreachable";
      if (current === undefined || !isUnknown) throw error;
      log.warn({ pool: pool.metadata.name, error: String(error) }, "the last known GitHub credential is used");
    }
    return current;
  }

  async function ask<T>(question: (github: GitHub) => Promise<T>): Promise<T> {
    const { github } = await connection(false);
    try {
      return await question(github);
    } catch (error) {
      if (!(error instanceof GitHubError) || error.code !== "Unauthorized") throw error;
      const renewed = await connection(true);
      if (renewed.github === github) throw error;
      return await question(renewed.github);
    }
  }

  return {
    list: (request) => ask((github) => github.list(request)),
    setStatus: (status, signal) => ask((github) => github.setStatus(status, signal)),
    upsertComment: (comment, signal) => ask((github) => github.upsertComment(comment, signal)),
    budgets: () => current?.github.budgets() ?? [],
  };
}
