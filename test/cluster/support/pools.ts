import { apiVersion } from "../../../src/api/objects/group.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { BuilderPool } from "../../../src/api/objects/pool.ts";
import type { PoolConditionType } from "../../../src/api/objects/reasons.ts";
import { retryOnConflict } from "../../../src/store/write.ts";
import type { Installation } from "./installation.ts";
import { pods } from "./players.ts";
import { until } from "./until.ts";

/** A pool with an unreachable GitHub. */
export function aPool(name: string, spec: object = {}): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name },
    spec: {
      package: "O2",
      repository: "AliceO2Group/AliceO2",
      image: "builder:1",
      architecture: "slc9_x86-64",
      github: { apiUrl: "http://127.0.0.1:9" },
      ...spec,
    },
  });
}

export async function changePool({ admin }: Installation, name: string, spec: object): Promise<void> {
  const edit = (now: Stored<"BuilderPool">) => ({ ...now, spec: aPool(name, { ...now.spec, ...spec }).spec });
  await retryOnConflict(admin.store, "BuilderPool", name, edit, "object");
}

/** Waits until the pool has exactly this number of builders, all ready at the revision of its spec. */
export function settled({ admin }: Installation, name: string, ready: number): Promise<Stored<"BuilderPool">> {
  return until(`${ready} ready builders of ${name}`, async () => {
    const pool = await admin.store.get("BuilderPool", name);
    const { status } = pool ?? {};
    const isAll = status?.ready === ready && status.instances === ready && status.updated === ready;
    const isAtRest = status?.conditions?.find(({ type }) => type === "Progressing")?.status === "False";
    return isAll && isAtRest && status?.observedGeneration === pool?.metadata.generation ? pool : undefined;
  });
}

/** Waits for a condition that matches `expected`. Returns the condition as one line. */
export function condition(
  { admin }: Installation,
  name: string,
  type: PoolConditionType,
  expected: RegExp,
): Promise<string> {
  return until(`${type} of ${name} to be ${expected}`, async () => {
    const pool = await admin.store.get("BuilderPool", name);
    const found = pool?.status?.conditions?.find((one) => one.type === type);
    const line = `${found?.status} ${found?.reason}: ${found?.message}`;
    if (!expected.test(line)) throw new Error(line);
    return line;
  });
}

/** UIDs of the pods that do not terminate, by name. */
export async function podsOf({ admin }: Installation, pool: string): Promise<ReadonlyMap<string, string>> {
  const { items } = await admin.client.list(pods, { labelSelector: `ci.alice.cern.ch/pool=${pool}` });
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return new Map(staying.map(({ metadata }) => [metadata.name, metadata.uid ?? ""] as const).toSorted());
}
