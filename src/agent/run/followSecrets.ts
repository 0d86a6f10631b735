import { join } from "node:path";
import type { BuilderPool } from "../../api/objects/pool.ts";
import type { BuilderUsers } from "../../builder/machine/builderUsers.ts";
import type { KubernetesClient } from "../../store/kubernetes/client.ts";
import type { Clock } from "../../system/clock.ts";
import { messageOf } from "../../system/messageOf.ts";
import { shareSecrets } from "./cells.ts";
import type { Journal } from "./journal.ts";
import { fetchSecrets } from "./secrets.ts";

/** Inputs of `followCellSecrets`. */
export interface CellSecretsWorld {
  /** State folder of the agent. */
  readonly folder: string;
  readonly client: Pick<KubernetesClient, "get">;
  readonly pool: () => BuilderPool | undefined;
  readonly sandbox: string;
  readonly users: BuilderUsers;
  readonly clock: Pick<Clock, "sleep">;
  readonly journal: Pick<Journal, "setTrouble">;
}

/** Milliseconds between two reads. The kubelet updates the Secrets of a pod as often. */
const interval = 60_000;

/** Keeps the Secrets of `spec.cellSecrets` up to date for the cells, until `signal` aborts. */
export async function followCellSecrets(world: CellSecretsWorld, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await copyCellSecrets(world);
    await world.clock.sleep(interval, signal).catch(() => {});
  }
}

/** Reads the Secrets once and gives them to the cells. A failure becomes a trouble of the agent. */
export async function copyCellSecrets({ folder, client, pool, journal, ...place }: CellSecretsWorld): Promise<void> {
  const names = (pool()?.spec.cellSecrets ?? []).map(({ name }) => name);
  const own = join(folder, "secrets");
  let trouble: string | undefined;
  try {
    await fetchSecrets(client, own, names);
  } catch (error) {
    trouble = `a Secret of spec.cellSecrets cannot be read (${messageOf(error)}); builds use its last content`;
  }
  try {
    await shareSecrets(own, names, place);
  } catch (error) {
    trouble ??= `the Secrets of builds cannot be written (${messageOf(error)}); the agent retries`;
  }
  journal.setTrouble("secrets", trouble);
}
