import type { Scenario } from "./scenario.ts";

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly reportingController?: string;
  readonly regarding?: { readonly name: string };
}

const owned =
  "builders,builds,pods,statefulsets,controllerrevisions,persistentvolumeclaims,services,poddisruptionbudgets,networkpolicies,roles,rolebindings,serviceaccounts";

/**
 * Resource versions of the pool, its objects and its Events. Every write changes a version.
 * Leases are left out: heartbeats change them.
 */
export async function versionsOf({ kubectl, pool }: Pick<Scenario, "kubectl" | "pool">): Promise<readonly string[]> {
  const list = async (...args: readonly string[]): Promise<readonly Item[]> =>
    JSON.parse(await kubectl("get", ...args, "-o", "json")).items;
  const pools = await list("builderpools", `--field-selector=metadata.name=${pool}`);
  const events = await list("events.events.k8s.io");
  const isOurs = ({ reportingController, regarding }: Item) =>
    reportingController === "ci.alice.cern.ch/builderpool" && regarding?.name.replace(/-\d+$/, "") === pool;
  const all = [...pools, ...events.filter(isOurs), ...(await list(owned, `--selector=ci.alice.cern.ch/pool=${pool}`))];
  return all.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).toSorted();
}
