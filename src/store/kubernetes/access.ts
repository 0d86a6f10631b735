import type { Agent } from "node:http";
import type { Clock } from "../../system/clock.ts";

/** How to reach an API server, and who we are to it. Made by `accessFromKubeConfig` or `accessInPod`. */
export interface Access {
  readonly server: URL;
  /** The namespace the configuration names, if it does. */
  readonly namespace: string | undefined;
  /** Holds the connections, with the server's authority and our certificate. */
  readonly agent: Agent;
  /** Headers that prove who we are, as they are now: tokens are replaced while we run. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/**
 * Connections are kept for the next request, but not as long as the server keeps them (90 s), or a request would now and then meet one that
 * is just being closed. A peer that is gone is noticed within half a minute.
 */
export const connections = { keepAlive: true, keepAliveMsecs: 15_000, timeout: 60_000 } as const;

/** What `read` gave, at most half a minute ago. kubelet replaces a token when a fifth of its life is left, which is minutes. */
export function readAnew<T>({ monotonic }: Pick<Clock, "monotonic">, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  return async () => {
    if (last === undefined || monotonic() - last.at >= 30_000) last = { value: await read(), at: monotonic() };
    return last.value;
  };
}
