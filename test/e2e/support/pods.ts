import type { Scenario } from "./scenario.ts";

interface Container {
  readonly restartCount: number;
}
interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly containerStatuses?: readonly Container[];
    readonly initContainerStatuses?: readonly Container[];
  };
}

/** UID and number of restarts of each pod of the pool, by name. Equal values mean an untouched pod. */
export async function podsOf({
  kubectl,
  pool,
}: Pick<Scenario, "kubectl" | "pool">): Promise<ReadonlyMap<string, string>> {
  const answer = await kubectl("get", "pods", `--selector=ci.alice.cern.ch/pool=${pool}`, "-o", "json");
  const { items } = JSON.parse(answer) as { readonly items: readonly Pod[] };
  return new Map(
    items.map(({ metadata, status: { containerStatuses = [], initContainerStatuses = [] } }) => {
      const restarts = [...containerStatuses, ...initContainerStatuses].reduce((sum, one) => sum + one.restartCount, 0);
      return [metadata.name, `${metadata.uid}, restarted ${restarts} times`] as const;
    }),
  );
}
