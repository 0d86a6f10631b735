import type { Agent } from "node:http";
import type { Clock } from "../../system/clock.ts";

/** Address of an API server and our credentials there. Created by `accessFromKubeConfig` or `accessInPod`. */
export interface Access {
  readonly server: URL;
  /** Namespace of the configuration, if any. */
  readonly namespace: string | undefined;
  /** Certificates of the server's authority, in PEM. Empty: public authorities. Undefined: the server is not verified. */
  readonly authority: string | undefined;
  /** Connection pool with the server's certificate authority and our client certificate. */
  readonly agent: Agent;
  /** Returns the current authentication headers. Tokens are replaced while the process runs. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/**
 * Options of the connection pool. The idle timeout is shorter than the server's (90 s): otherwise some requests
 * used a connection that the server was closing. TCP keepalive detects a dead peer within 30 s.
 */
export const connectionOptions = { keepAlive: true, keepAliveMsecs: 15_000, timeout: 60_000 } as const;

/**
 * Wraps `read` with a cache of 30 s. Credentials may be this old: kubelet replaces a token when a fifth of its
 * lifetime, that is minutes, is left.
 */
export function createCachedReader<T>(
  { monotonic }: Pick<Clock, "monotonic">,
  read: () => Promise<T>,
): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  return async () => {
    if (last === undefined || monotonic() - last.at >= 30_000) last = { value: await read(), at: monotonic() };
    return last.value;
  };
}
