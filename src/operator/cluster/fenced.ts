import { StoreError } from "../../store/error.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";

/**
 * Wraps a client so that every write fails after `leading` has aborted. Another operator may lead by then, and a write
 * from an old plan would undo its work.
 */
export function createFencedClient(client: KubernetesClient, leading: AbortSignal): KubernetesClient {
  function asLeader<Args extends readonly unknown[], T>(write: (...args: Args) => Promise<T>) {
    return async (...args: Args): Promise<T> => {
      if (leading.aborted)
        throw new StoreError("Unavailable", "this operator has lost the leadership, so the write was not sent");
      return write(...args);
    };
  }
  return {
    ...client,
    create: asLeader(client.create),
    update: asLeader(client.update),
    apply: asLeader(client.apply),
    merge: asLeader(client.merge),
    delete: asLeader(client.delete),
  };
}
