import { StoreError } from "../../store/error.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";

/**
 * The same client, which writes nothing any more once `leading` has aborted: somebody else may lead by then, and what we decided before would
 * undo what they do.
 */
export function fenced(client: KubernetesClient, leading: AbortSignal): KubernetesClient {
  function asLeader<Args extends readonly unknown[], T>(write: (...args: Args) => Promise<T>) {
    return async (...args: Args): Promise<T> => {
      if (leading.aborted)
        throw new StoreError("Unavailable", "this operator does not lead any more, so it writes nothing");
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
