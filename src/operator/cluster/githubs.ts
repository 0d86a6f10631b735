import type { BuilderPool } from "../../api/objects/pool.ts";
import { createGitHub } from "../../github/client.ts";
import { type GitHub, GitHubError } from "../../github/github.ts";
import type { Credential } from "../../github/http/credential.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { GitHubs } from "../githubs.ts";

/** Maximum age of a credential before the next read of its Secret. */
const credentialMaxAge = 60_000;

export interface GitHubsWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** Reads a pool's current credential. Rejects with a GitHubError that names the remedy. */
  credential(pool: BuilderPool): Promise<Credential>;
}

/**
 * Keeps connections by address and Secret. A rotated credential is used within a minute, or at once after a refusal by
 * GitHub.
 */
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
  readonly readAt: number;
}

/** One GitHub connection that follows the credential in its Secret. */
function connect(world: GitHubsWorld, pool: BuilderPool): GitHub {
  const { clock, log } = world;
  const { apiUrl } = pool.spec.github;
  let current: Connection | undefined;
  let reading: Promise<Connection> | undefined;

  /** Concurrent reads of the Secret share one read: each new connection would read all pull requests again. */
  async function connection(isFresh: boolean): Promise<Connection> {
    const now = clock.monotonic();
    if (!isFresh && current !== undefined && now - current.readAt < credentialMaxAge) return current;
    reading ??= readCredential(now).finally(() => {
      reading = undefined;
    });
    return await reading;
  }

  async function readCredential(now: number): Promise<Connection> {
    try {
      const credential = await world.credential(pool);
      const text = JSON.stringify(credential);
      const github = current?.credential === text ? current.github : createGitHub({ apiUrl, credential, clock, log });
      current = { github, credential: text, readAt: now };
    } catch (error) {
      const isUnknown = error instanceof GitHubError && error.code === "Unreachable";
      if (current === undefined || !isUnknown) throw error;
      log.warn(
        { pool: pool.metadata.name, error: String(error) },
        "could not read the GitHub credential; the last known credential stays in use",
      );
    }
    return current;
  }

  async function withConnection<T>(request: (github: GitHub) => Promise<T>): Promise<T> {
    const { github } = await connection(false);
    try {
      return await request(github);
    } catch (error) {
      if (!(error instanceof GitHubError) || error.code !== "Unauthorized") throw error;
      const renewed = await connection(true);
      if (renewed.github === github) throw error;
      return await request(renewed.github);
    }
  }

  return {
    list: (request) => withConnection((github) => github.list(request)),
    setStatus: (status, signal) => withConnection((github) => github.setStatus(status, signal)),
    upsertComment: (comment, signal) => withConnection((github) => github.upsertComment(comment, signal)),
    budgets: () => current?.github.budgets() ?? [],
  };
}
