import type { Stored } from "../../api/objects/kinds.ts";
import { heartbeatInterval } from "../../core/liveness/heartbeat.ts";
import { isStoreError } from "../../store/error.ts";
import type { ObjectStore } from "../../store/objectStore.ts";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import type { AgentSettings } from "../state/settings.ts";

/** Inputs of `awaitBuilder`. */
export interface RegistrationWorld {
  readonly store: Pick<ObjectStore, "get">;
  readonly settings: Pick<AgentSettings, "name" | "pool">;
  readonly namespace: string;
  /** UID of the account of the credential. */
  readonly uid: string;
  readonly clock: Clock;
  /** Shows why the host waits. Undefined: it no longer waits. */
  setTrouble(sentence: string | undefined): void;
}

/**
 * Waits for the Builder object of this host. Resolves with undefined when `signal` aborts. A host without a Builder, or
 * with a refused credential, waits without limit: a person repairs both.
 */
export async function awaitBuilder(
  { store, settings, namespace, uid, clock, setTrouble }: RegistrationWorld,
  signal: AbortSignal,
): Promise<Stored<"Builder"> | undefined> {
  const { name, pool } = settings;
  while (!signal.aborted) {
    try {
      const builder = await store.get("Builder", name);
      const trouble = builder === undefined ? missing(name, pool) : troubleOf(builder, { pool, namespace, uid });
      setTrouble(trouble);
      if (builder !== undefined && trouble === undefined) return builder;
    } catch (error) {
      if (!isStoreError(error)) throw error;
      setTrouble(clusterTroubleOf(error, name, namespace));
    }
    await clock.sleep(heartbeatInterval, signal).catch(() => {});
  }
  return undefined;
}

/** The sentence for people about a failed request to the cluster. */
export function clusterTroubleOf(error: unknown, name: string, namespace: string): string {
  if (isStoreError(error, "Unauthorized"))
    return `the cluster refuses the credential of this host, so it builds nothing; run \`builderpool join ${name} -n ${namespace} --again\` and give the code to \`builderpool agent enrol -\` here`;
  if (isStoreError(error, "Forbidden"))
    return `the cluster refuses a right of this host (${error.message}); run \`builderpool join ${name} -n ${namespace} --again\``;
  return `the cluster cannot be reached (${messageOf(error)}); the agent retries`;
}

/** The sentence for people about a failed renewal of the credential in `folder`. */
export function renewalTroubleOf(error: unknown, folder: string, name: string, namespace: string): string {
  if (isStoreError(error)) return clusterTroubleOf(error, name, namespace);
  return `the renewed credential cannot be stored in ${folder} (${messageOf(error)}); repair that disk`;
}

function missing(name: string, pool: string): string {
  return `there is no Builder "${name}"; add the name to external.names of pool "${pool}", and wait for the operator`;
}

function troubleOf(
  { metadata: { name }, spec }: Stored<"Builder">,
  { pool, namespace, uid }: { readonly pool: string; readonly namespace: string; readonly uid: string },
): string | undefined {
  const again = `run \`builderpool join ${name} -n ${namespace} --again\``;
  if (!spec.external) return `the Builder "${name}" belongs to a pod; choose another name for this host`;
  if (spec.pool !== pool)
    return `the Builder "${name}" belongs to pool "${spec.pool}", but this host enrolled for pool "${pool}"; ${again}`;
  if (spec.account === undefined) return `the operator prepares the account of "${name}"; the agent waits`;
  return spec.account === uid ? undefined : `the account of "${name}" was revoked or renewed; ${again}`;
}
